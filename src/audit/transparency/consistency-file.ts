import { err, ok, type Result } from "../../base/result.ts";
import { openCheckpoint } from "../../tlog/checkpoint.ts";
import type { Verifier } from "../../tlog/key.ts";
import { consistencyProof } from "../../tlog/merkle.ts";
import { subtreeReader } from "../../tlog/tiles.ts";
import { isPrefix } from "../../tlog/verification.ts";
import { readTile, type TileStore } from "./tile-store.ts";

const day = 86_400_000;
/** Checkpoints are looked for so many days before a period's beginning. */
const longestSilence = 62;

/** Where the first checkpoint of a day (UTC) is kept, beside the newest. */
export function dailyPath(at: number): string {
  return `checkpoints/${new Date(at).toISOString().slice(0, 10)}`;
}

/** Where the first checkpoint of all is kept. */
export const firstPath = "checkpoints/first";

/** The newest kept checkpoint from before that time, or from its day; else the first of all; else, in an old log, none. */
export async function checkpointBefore(
  store: Pick<TileStore, "read">,
  at: number,
): Promise<string | undefined> {
  const first = (await store.read(firstPath))?.toString();
  if (first === undefined || at <= 0 || at > 8e15) return first;
  for (let back = 0; back <= longestSilence; back++) {
    const kept = await store.read(dailyPath(at - back * day));
    if (kept !== undefined) return kept.toString();
  }
  return first;
}

/** Two checkpoints, and the proof that the log only grew from the one to the other. */
export interface Growth {
  readonly from: number;
  readonly to: number;
  /** The body of a C2SP tlog-witness request: `old SIZE`, hashes in base64 a line, an empty line, the newer checkpoint. */
  readonly text: string;
}

/** Proves that the log of the newer checkpoint begins with that of the older; an error where it does not, or none is ours. */
export async function proveGrowth(
  store: Pick<TileStore, "read">,
  {
    older,
    newer,
    origin,
    keys,
  }: {
    readonly older: string;
    readonly newer: string;
    readonly origin: string;
    readonly keys: readonly Verifier[];
  },
): Promise<Result<Growth>> {
  const from = openCheckpoint(older, origin, keys);
  if (!from.ok) return err(`the older checkpoint: ${from.error}`);
  const to = openCheckpoint(newer, origin, keys);
  if (!to.ok) return to;
  if (from.value.size > to.value.size) return err("the older checkpoint is of a longer log");
  const reader = subtreeReader(to.value.size, (tile) => readTile(store, tile));
  const proof = await consistencyProof(from.value.size, to.value.size, reader);
  if (!isPrefix(from.value, to.value, proof))
    return err("the log does not begin with that of the older checkpoint");
  const lines = [`old ${from.value.size}`, ...proof.map((hash) => hash.toString("base64"))];
  return ok({
    from: from.value.size,
    to: to.value.size,
    text: `${lines.join("\n")}\n\n${newer}`,
  });
}
