import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { JointLog } from "../../../src/audit/joint/joint-log.ts";
import { canonical } from "../../../src/audit/record/canonical.ts";
import { signedFile } from "../../../src/audit/transparency/signed-file.ts";
import type { TileStore } from "../../../src/audit/transparency/tile-store.ts";
import { verifyLog } from "../../../src/audit/transparency/verify-file.ts";
import { generateKey, parseSigner, type Signer } from "../../../src/tlog/key.ts";
import { freshDir } from "./sample.ts";
import { type StoreUnderTest, tileStores } from "./tile-stores.ts";

/** Leaves of one replica in their order, from number `from` on. */
function leaves(replica: string, from: number, count: number): Buffer[] {
  return Array.from({ length: count }, (_, at) => {
    const n = from + at;
    const prev = n === 0 ? "" : `${replica}${n - 1}`;
    const place = { v: 1, replica, boot: 1, seq: n, n, at: n, prev };
    const kind = n === 0 ? "boot" : "heartbeat";
    return Buffer.from(canonical({ ...place, kind, commit: `${replica}${n}` }));
  });
}

function signer(): Signer {
  const made = parseSigner(generateKey("test/shared"));
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

/** The store, with something done before the write of that number. */
function interrupted(store: TileStore, at: number, act: () => Promise<void>): TileStore {
  let writes = 0;
  const before = async () => {
    writes += 1;
    if (writes === at) await act();
  };
  return {
    read: (path) => store.read(path),
    writeTile: async (tile, bytes) => {
      await before();
      await store.writeTile(tile, bytes);
    },
    replaceCheckpoint: async (note, expected) => {
      await before();
      await store.replaceCheckpoint(note, expected);
    },
    write: async (path, content) => {
      await before();
      await store.write(path, content);
    },
    create: async (path, content) => {
      await before();
      return store.create(path, content);
    },
    remove: async (path) => {
      await before();
      await store.remove(path);
    },
  };
}

describe.each(tileStores)("a log that several write, in %s", (_, make) => {
  let made: StoreUnderTest;
  let key: Signer;
  let memory: string;
  beforeEach(async () => {
    made = await make();
    key = signer();
    memory = join(await freshDir(), "signed");
  });
  afterEach(() => made.stop());

  const open = (store = made.open()) =>
    JointLog.open({
      store,
      signed: signedFile(memory),
      origin: "test/shared",
      signers: [key],
    });

  async function expectWhole(replicas: Readonly<Record<string, number>>): Promise<void> {
    const dir = await made.download();
    const report = await verifyLog({ dir, keys: [key.verifier], older: [] });
    expect(report).toMatchObject({ value: { ok: true, problems: [], replicas } });
  }

  it("takes each leaf once and in its turn, whatever is sent again, early, or is not the replica's", async () => {
    const log = await open();
    const [a, b] = [leaves("a", 0, 600), leaves("b", 0, 300)];
    await log.add(a.slice(0, 100));
    await log.add([...a.slice(50, 300), ...b.slice(0, 10), ...a.slice(0, 20)]);
    await log.add([...b.slice(20, 30), ...a.slice(300, 600), ...b.slice(5, 300)]);
    await log.add(
      leaves("b", 300, 1).map((leaf) => Buffer.from(leaf.toString().replace("b299", "x"))),
    );
    await expectWhole({ a: 600, b: 300 });
    await (await open()).add(leaves("a", 600, 1));
    await expectWhole({ a: 601, b: 300 });
  });

  it("is finished by the next one, wherever the one before died", async () => {
    let died = 0;
    for (let at = 1, done = false; !done; at++) {
      const next = leaves("a", died * 40, 40);
      const store = interrupted(made.open(), at, () => Promise.reject(new Error("dead")));
      done = await open(store).then(
        (log) =>
          log.add(next).then(
            () => true,
            () => false,
          ),
        () => false,
      );
      died += 1;
      await (await open()).add(next);
    }
    expect(died).toBeGreaterThan(7);
    await expectWhole({ a: died * 40 });
  });

  it("is not harmed by one who slept through the work of another, at whatever moment", async () => {
    let rounds = 0;
    for (let at = 1, slept = true; slept; at++) {
      slept = false;
      const [a, b] = [leaves("a", rounds * 200, 200), leaves("b", rounds * 300, 300)];
      const sleepy = interrupted(made.open(), at, async () => {
        slept = true;
        await (await open()).add(b);
      });
      await open(sleepy)
        .then((log) => log.add(a))
        .catch(() => undefined);
      const log = await open();
      await log.add(a);
      await (await open()).add(b);
      rounds += 1;
    }
    expect(rounds).toBeGreaterThan(7);
    await expectWhole({ a: rounds * 200, b: rounds * 300 });
  });

  it("signs nothing where the store was put back to an earlier state", async () => {
    const store = made.open();
    await (await open()).add(leaves("a", 0, 10));
    const early = (await store.read("checkpoint"))?.toString() ?? "";
    const log = await open();
    await log.add(leaves("a", 10, 10));
    const late = (await store.read("checkpoint"))?.toString();
    await store.replaceCheckpoint(early, late);
    for (const path of ["tile/0/000.p/20", "tile/entries/000.p/20"]) await store.remove(path);
    await expect(open()).rejects.toThrow("is missing");
    expect((await store.read("checkpoint"))?.toString()).toBe(early);
  });
});
