import { join } from "node:path";
import { commitment, decodeRecord, type Mark } from "../record/record.ts";
import { trackOpen } from "./record-chain.ts";
import type { SegmentSpan } from "./segment.ts";
import { chainOf, readFrames, readHeader } from "./segment-file.ts";

/** What earlier boots left: their segments, the last record, and the exchanges that never ended. */
export interface Found {
  readonly chain: readonly SegmentSpan[];
  readonly mark: Mark | undefined;
  /** How many records there are. */
  readonly n: number;
  readonly open: readonly string[];
}

/** Reads the newest segment up to its torn end; older ones are known from the headers. */
export async function recover(dir: string, names: readonly string[]): Promise<Found> {
  const chain = await chainOf(dir, names);
  const last = chain.at(-1);
  if (last === undefined) return { chain, mark: undefined, n: 0, open: [] };
  const path = join(dir, last.segment);
  const head = await readHeader(path);
  if (!head.ok) throw new Error(head.error);
  const { header, end } = head.value;
  const open = new Set(header.open);
  let seq = header.first - 1;
  let commit = header.prev;
  let { n } = header;
  for await (const frame of readFrames(path, end, last.end)) {
    const record = decodeRecord(frame.payload);
    if (!record.ok) throw new Error(`${last.segment}: ${record.error}`);
    trackOpen(open, record.value.event);
    seq = record.value.seq;
    n = record.value.n + 1;
    commit = commitment(frame.payload);
  }
  return { chain, mark: { boot: header.boot, seq, commit }, n, open: [...open] };
}
