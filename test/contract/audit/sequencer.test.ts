import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { referrer } from "../../../src/audit/transparency/leaf.ts";
import { Sequencer } from "../../../src/audit/transparency/sequencer.ts";
import { signedFile } from "../../../src/audit/transparency/signed-file.ts";
import { tileFolder } from "../../../src/audit/transparency/tile-file.ts";
import type { TileStore } from "../../../src/audit/transparency/tile-store.ts";
import { TransparencyLog } from "../../../src/audit/transparency/transparency-log.ts";
import { Wal } from "../../../src/audit/wal/wal.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { generateKey, parseSigner } from "../../../src/tlog/key.ts";
import { freshDir } from "./sample.ts";

const waiting = { timeout: 20_000, interval: 10 };

/** A folder whose tiles are not written before it is opened. */
function closedFolder(dir: string): { readonly store: TileStore; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const store = tileFolder(dir);
  const writeTiles: TileStore["writeTiles"] = async (tiles, bytesOf) => {
    await promise;
    await store.writeTiles?.(tiles, bytesOf);
  };
  return { store: { ...store, writeTiles }, open: resolve };
}

it("what comes while a checkpoint is being made is taken at once, and is in the next one though nothing follows", async () => {
  const dir = await freshDir();
  const walDir = join(dir, "wal");
  const wal = await Wal.open({ dir: walDir, replica: "r1", clock: systemClock });
  const made = parseSigner(generateKey("test/sequencer"));
  if (!made.ok) throw new Error(made.error);
  const { store, open } = closedFolder(join(dir, "log"));
  const log = await TransparencyLog.open({
    store,
    signed: signedFile(join(dir, "signed")),
    origin: made.value.name,
    signers: [made.value],
  });
  const parts = { dir: walDir, wal, log, store, clock: systemClock, interval: 20 };
  const sequencer = await Sequencer.start({ ...parts, refer: referrer(Buffer.alloc(32)) });
  await vi.waitFor(() => expect(log.size()).toBe(1), waiting);
  for (let more = 0; more < 3; more++) {
    await Promise.all(Array.from({ length: 300 }, () => wal.append({ kind: "heartbeat" })));
    await vi.waitFor(() => expect(log.size()).toBe(wal.count()), waiting);
  }
  expect(log.published().size).toBe(0);
  open();
  await vi.waitFor(() => expect(log.published().size).toBe(901), waiting);
  expect(sequencer.failure()).toBeUndefined();
  await wal.close();
  await sequencer.stop();
  expect(log.published().size).toBe(902);
});
