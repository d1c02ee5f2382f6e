import { mkdirSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileSpools } from "../../../src/spool/file.ts";
import type { Spool } from "../../../src/spool/spool.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

async function takeAll(spool: Spool): Promise<string> {
  const taken: Uint8Array[] = [];
  for (let chunk = await spool.take(); chunk !== undefined; chunk = await spool.take())
    taken.push(chunk);
  return Buffer.concat(taken).toString("latin1");
}

/** Linux: files of our folder that this process holds open, named or not. */
function held(dir: string): readonly string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(dir) ? [path] : [];
    } catch {
      return [];
    }
  });
}

describe("a spool", () => {
  test("keeps little in memory, without a promise and without a file", async () => {
    const dir = join(folder.path, "small");
    const spool = fileSpools(dir, 10)();
    expect(spool.write(Buffer.from("12345"))).toBeUndefined();
    expect(spool.write(Buffer.from("67890"))).toBeUndefined();
    expect(held(dir)).toEqual([]);
    expect(await takeAll(spool)).toBe("1234567890");
    spool.close();
  });

  test("puts what is more into a file without a name, in order, and drops it when emptied", async () => {
    const dir = join(folder.path, "large");
    const spool = fileSpools(dir, 10)();
    expect(spool.write(Buffer.from("12345"))).toBeUndefined();
    await spool.write(Buffer.from("a".repeat(100)));
    // Behind what is in the file, even where it would fit into memory.
    await spool.write(Buffer.from("b"));
    expect(readdirSync(dir)).toEqual([]);
    expect(held(dir)).toHaveLength(1);
    expect(await takeAll(spool)).toBe(`12345${"a".repeat(100)}b`);
    await expect.poll(() => held(dir)).toEqual([]);
    expect(spool.write(Buffer.from("again"))).toBeUndefined();
    expect(await takeAll(spool)).toBe("again");
    spool.close();
  });

  test("gives back while it still takes in", async () => {
    const spool = fileSpools(join(folder.path, "both"), 4)();
    await spool.write(Buffer.from("first"));
    const taking = spool.take();
    const writing = spool.write(Buffer.from("second"));
    expect(Buffer.from((await taking) ?? []).toString()).toBe("first");
    await writing;
    expect(await takeAll(spool)).toBe("second");
    spool.close();
  });

  test("reads a large file back in pieces, none larger than 64 KiB", async () => {
    const spool = fileSpools(join(folder.path, "pieces"), 0)();
    const all = Buffer.alloc(200_000, "0123456789abcdef");
    for (let at = 0; at < all.length; at += 50_000)
      await spool.write(all.subarray(at, at + 50_000));
    const sizes: number[] = [];
    const taken: Uint8Array[] = [];
    for (let chunk = await spool.take(); chunk !== undefined; chunk = await spool.take()) {
      sizes.push(chunk.length);
      taken.push(chunk);
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536);
    expect(Buffer.concat(taken).equals(all)).toBe(true);
    spool.close();
  });

  test("forgets everything when it is closed, twice if need be", async () => {
    const dir = join(folder.path, "closed");
    const spool = fileSpools(dir, 4)();
    expect(spool.write(Buffer.from("abc"))).toBeUndefined();
    await spool.write(Buffer.from("defghi"));
    spool.close();
    spool.close();
    expect(await spool.take()).toBeUndefined();
    expect(spool.write(Buffer.from("more"))).toBeUndefined();
    expect(await spool.take()).toBeUndefined();
    await expect.poll(() => held(dir)).toEqual([]);
  });

  test("says so when the bytes cannot be kept", async () => {
    const dir = join(folder.path, "gone");
    const open = fileSpools(dir, 4);
    rmSync(dir, { recursive: true });
    const spool = open();
    await expect(spool.write(Buffer.from("too much"))).rejects.toThrow(/ENOENT/);
    await expect(spool.take()).rejects.toThrow(/ENOENT/);
    spool.close();
    mkdirSync(dir);
  });

  test("never mixes with another one of the same folder", async () => {
    const open = fileSpools(join(folder.path, "two"), 8);
    const spools = [open(), open(), open()] as const;
    for (let round = 0; round < 50; round++)
      await Promise.all(spools.map((spool, who) => spool.write(Buffer.from(`${who}`.repeat(7)))));
    const back = await Promise.all(spools.map(takeAll));
    expect(back).toEqual(spools.map((_spool, who) => `${who}`.repeat(350)));
    for (const spool of spools) spool.close();
  });
});
