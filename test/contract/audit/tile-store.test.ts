import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeTiles } from "../../../src/audit/transparency/tile-store.ts";
import type { Tile } from "../../../src/tlog/tiles.ts";
import { type StoreUnderTest, tileStores } from "./tile-stores.ts";

describe.each(tileStores)("a log in %s", (_, make) => {
  let made: StoreUnderTest;
  beforeEach(async () => {
    made = await make();
  });
  afterEach(() => made.stop());

  it("holds tiles byte by byte, also when they are written twice", async () => {
    const store = made.open();
    const tile = { level: 0, index: 1234, width: 3 } as const;
    for (let turn = 0; turn < 2; turn++) await store.writeTile(tile, Buffer.from([0, 255, 10]));
    expect(await made.open().read("tile/0/x001/234.p/3")).toEqual(Buffer.from([0, 255, 10]));
    const full = { ...tile, width: 256 };
    await store.writeTile(full, Buffer.alloc(256 * 32, 7));
    expect((await store.read("tile/0/x001/234"))?.length).toBe(256 * 32);
    expect(await store.read("tile/0/x001/235")).toBeUndefined();
  });

  it("holds many tiles that were written together, whatever they were before", async () => {
    const store = made.open();
    const bytesOf = ({ index, width }: Tile) => Buffer.alloc(width * 32, index);
    const at = (index: number, width: number): Tile => ({ level: 0, index, width });
    await writeTiles(store, [at(999, 7)], bytesOf);
    await writeTiles(store, [at(999, 256), at(1000, 256), at(1001, 3)], bytesOf);
    const read = await Promise.all(
      ["tile/0/999", "tile/0/x001/000", "tile/0/x001/001.p/3"].map((path) => store.read(path)),
    );
    expect(read).toEqual([bytesOf(at(999, 256)), bytesOf(at(1000, 256)), bytesOf(at(1001, 3))]);
    expect(await store.read("tile/0/x001/001")).toBeUndefined();
  });

  it("replaces the checkpoint only for who knows the last one", async () => {
    const [one, other] = [made.open(), made.open()];
    await one.replaceCheckpoint("first", undefined);
    await expect(other.replaceCheckpoint("other", undefined)).rejects.toThrow("someone else");
    await expect(other.replaceCheckpoint("other", "unknown")).rejects.toThrow("someone else");
    await other.replaceCheckpoint("second", "first");
    await expect(one.replaceCheckpoint("third", "first")).rejects.toThrow("someone else");
    expect((await one.read("checkpoint"))?.toString()).toBe("second");
  });

  it("lets one of many create a file, whole", async () => {
    const stores = Array.from({ length: 8 }, () => made.open());
    const created = await Promise.all(
      stores.map((store, at) => store.create("pending/7", Buffer.from(`by ${at}`))),
    );
    const winner = created.indexOf(true);
    expect(created.filter(Boolean)).toHaveLength(1);
    expect((await made.open().read("pending/7"))?.toString()).toBe(`by ${winner}`);
    await made.open().remove("pending/7");
    await made.open().remove("pending/7");
    expect(await made.open().create("pending/7", Buffer.from("again"))).toBe(true);
  });
});
