import { err, ok, type Result } from "../../base/result.ts";
import { parseCheckpoint } from "../../tlog/checkpoint.ts";
import { inclusionProof } from "../../tlog/merkle.ts";
import { parseNote } from "../../tlog/note.ts";
import { checkProof, formatProof, parseProof, type Trust } from "../../tlog/proof.ts";
import { decodeEntries, subtreeReader, tileWidth } from "../../tlog/tiles.ts";
import { commitment } from "../record/record.ts";
import { type Leaf, parseLeaf } from "./leaf.ts";
import type { LogPlaces } from "./log-place.ts";
import { readTile, type TileStore } from "./tile-store.ts";

/** Why a record that is kept cannot be proved. */
export const notYet = "the record is in no checkpoint yet; try again in a second";

/** The `.tlog-proof` of the leaf at that index; its extra data is the leaf itself, so that it can be checked alone. */
export async function proveLeaf(
  store: Pick<TileStore, "read">,
  index: number,
): Promise<Result<string>> {
  const checkpoint = (await store.read("checkpoint"))?.toString();
  const note =
    checkpoint === undefined ? err("the log has no checkpoint yet") : parseNote(checkpoint);
  if (!note.ok || checkpoint === undefined) return err("the log has no checkpoint yet");
  const head = parseCheckpoint(note.value.text);
  if (!head.ok) return head;
  const { size } = head.value;
  if (index >= size) return err(notYet);
  const tile = Math.floor(index / tileWidth);
  const width = Math.min(tileWidth, size - tile * tileWidth);
  const bundle = await readTile(store, { level: "entries", index: tile, width });
  const leaf = decodeEntries(bundle)?.[index % tileWidth];
  if (leaf === undefined) return err("the log's entries cannot be read");
  const path = await inclusionProof(
    index,
    size,
    subtreeReader(size, (part) => readTile(store, part)),
  );
  return ok(formatProof({ index, path, checkpoint, extra: leaf }));
}

/** The `.tlog-proof` of a record's leaf, in whichever log it is. */
export async function proveRecord(
  log: LogPlaces,
  record: Parameters<LogPlaces["indexOf"]>[0],
): Promise<Result<string>> {
  const index = await log.indexOf(record);
  return index === undefined ? err(notYet) : proveLeaf(log.store, index);
}

/** Checks a `.tlog-proof` of ours offline and, where the record is at hand, that the leaf is that record's; gives the leaf. */
export function verifyProof(text: string, trust: Trust, payload?: Uint8Array): Result<Leaf> {
  const proof = parseProof(text);
  if (!proof.ok) return proof;
  const { extra } = proof.value;
  if (extra === undefined) return err("the proof does not hold the leaf that it is of");
  const checked = checkProof(proof.value, extra, trust);
  if (!checked.ok) return checked;
  const leaf = parseLeaf(extra);
  if (!leaf.ok) return leaf;
  if (payload !== undefined && commitment(payload) !== leaf.value.commit)
    return err("the record is not the one that the log was told");
  return leaf;
}
