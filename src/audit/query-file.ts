import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "./disk-file.ts";
import type { Item } from "./exchange.ts";
import { Exchanges } from "./exchanges.ts";
import { type LoadedIndex, loadIndex } from "./index-file.ts";
import { hashKey, hasKey, type IndexKey } from "./index-keys.ts";
import { endWords, keyWords, rowWords } from "./index-rows.ts";
import { readRecordAt } from "./log-file.ts";
import type { AuditRecord } from "./record.ts";
import type { Position, SegmentSpan } from "./segment.ts";
import { chainOf, readFrames } from "./segment-file.ts";

/** What to look for: every key must be there; times are milliseconds since the Unix epoch. */
export interface RecordQuery {
  readonly keys: readonly IndexKey[];
  readonly from?: number;
  readonly to?: number;
  /** How many at most, newest first; 100 unless told. */
  readonly limit?: number;
}

/** An exchange or act that was found, and the record that began it. */
export interface FoundItem {
  readonly item: Item;
  readonly record: AuditRecord;
  /** Whether it is over; an exchange that is not over has no completion yet. */
  readonly ended: boolean;
  /** Where its first record stands. */
  readonly place: Position;
}

/** Finds exchanges and acts in an audit folder, newest first, over all its replicas. */
export async function queryRecords(dir: string, query: RecordQuery): Promise<readonly FoundItem[]> {
  const found: FoundItem[] = [];
  for (const replica of await listed(join(dir, "wal"))) {
    const walDir = join(dir, "wal", replica);
    const segments = await chainOf(walDir, await readdir(walDir));
    found.push(...(await queryReplica(join(dir, "index", replica), walDir, segments, query)));
  }
  found.sort((a, b) => b.record.at - a.record.at);
  return found.slice(0, query.limit ?? 100);
}

/** The bytes that the leaf of a found item commits to: salt and canonical JSON. */
export async function readPayload(dir: string, { record, place }: FoundItem): Promise<Buffer> {
  const path = join(dir, "wal", record.replica, place.segment);
  for await (const frame of readFrames(path, place.offset)) return frame.payload;
  throw new Error("the record is no longer kept");
}

/** Finds exchanges and acts of one replica, newest first. */
export async function queryReplica(
  indexDir: string,
  walDir: string,
  segments: readonly SegmentSpan[],
  query: RecordQuery,
): Promise<readonly FoundItem[]> {
  const index = await loadIndex(indexDir, walDir, segments);
  const limit = query.limit ?? 100;
  const found: FoundItem[] = [];
  const candidates = await matchingRows(index, query);
  const kept = new Set(segments.map((span) => span.segment));
  const ends = endsOf(index, candidates, limit);
  for (let at = candidates.length - 1; at >= 0 && found.length < limit; at--) {
    const row = candidates[at] ?? 0;
    const position = positionOf(index, row);
    if (!kept.has(position.segment)) continue;
    const item = await readItem(walDir, position, ends(row));
    if (item !== undefined && query.keys.every((key) => hasKey(item.item, key))) found.push(item);
  }
  return found;
}

/** Rows that have every key's hash and lie within the time, oldest first. */
async function matchingRows(index: LoadedIndex, { keys, from, to }: RecordQuery) {
  let rows: Uint32Array | undefined;
  for (const [kind, value] of keys) {
    const here = rowsWith(await index.key(kind), hashKey(value));
    rows = rows === undefined ? here : intersection(rows, here);
  }
  rows ??= Uint32Array.from({ length: index.state.rows }, (_, row) => row);
  if (from === undefined && to === undefined) return rows;
  return rows.filter((row) => {
    const at = timeOf(index, row);
    return (from === undefined || at >= from) && (to === undefined || at < to);
  });
}

function rowsWith(column: Uint32Array, hash: number): Uint32Array {
  const rows: number[] = [];
  for (let at = 0; at < column.length; at += keyWords)
    if (column[at] === hash) rows.push(column[at + 1] ?? 0);
  // Keys of completions come in the order of ends, not of rows.
  return Uint32Array.from(rows).sort();
}

function intersection(a: Uint32Array, b: Uint32Array): Uint32Array {
  const both: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [x, y] = [a[i] ?? 0, b[j] ?? 0];
    if (x === y) both.push(x);
    if (x <= y) i += 1;
    if (y <= x) j += 1;
  }
  return Uint32Array.from(both);
}

function timeOf({ rows }: LoadedIndex, row: number): number {
  const at = row * rowWords;
  return (rows[at] ?? 0) * 2 ** 32 + (rows[at + 1] ?? 0);
}

function positionOf({ rows, state }: LoadedIndex, row: number): Position {
  const at = row * rowWords;
  return { segment: state.segments[rows[at + 2] ?? 0] ?? "", offset: rows[at + 3] ?? 0 };
}

/** Where exchanges ended; looked up at once for as many of the newest candidates as may be shown. */
function endsOf(
  { ends, state }: LoadedIndex,
  candidates: Uint32Array,
  limit: number,
): (row: number) => Position | undefined {
  const places = new Map<number, Position>();
  // Collisions of hashes are rare: a few more than the limit is all that is ever looked at.
  const wanted = new Set(candidates.slice(-limit - 1024));
  for (let at = 0; at < ends.length; at += endWords) {
    const row = ends[at] ?? 0;
    if (!wanted.has(row)) continue;
    places.set(row, {
      segment: state.segments[ends[at + 1] ?? 0] ?? "",
      offset: ends[at + 2] ?? 0,
    });
  }
  return (row) => places.get(row);
}

async function readItem(
  walDir: string,
  from: Position,
  to: Position | undefined,
): Promise<FoundItem | undefined> {
  const exchanges = new Exchanges();
  const record = await readRecordAt(walDir, from);
  const { event, replica } = record;
  const whole = exchanges.take(record, from);
  const ended = to === undefined ? whole : exchanges.take(await readRecordAt(walDir, to), to);
  if (ended !== undefined) return { item: ended.item, record, ended: true, place: from };
  if (event.kind !== "intent") return undefined;
  return {
    item: { kind: "exchange", replica, intent: event.intent },
    record,
    ended: false,
    place: from,
  };
}

async function listed(dir: string): Promise<readonly string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
