import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "../../base/missing.ts";
import type { Item } from "../record/exchange.ts";
import type { AuditRecord } from "../record/record.ts";
import { Exchanges } from "../wal/exchanges.ts";
import { RecordReader } from "../wal/record-reader-file.ts";
import type { Position, SegmentSpan } from "../wal/segment.ts";
import { chainOf, readFrames } from "../wal/segment-file.ts";
import { type LoadedIndex, loadIndex } from "./index-file.ts";
import { hashKey, hasKey, type IndexKey } from "./index-keys.ts";
import { endWords, keyWords, rowWords } from "./index-rows.ts";

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
  const candidates = await matchingRows(index, query);
  const kept = new Set(segments.map((span) => span.segment));
  const reader = new RecordReader(walDir);
  const found: FoundItem[] = [];
  try {
    for (let end = candidates.length; end > 0 && found.length < limit; ) {
      const start = Math.max(end - (limit - found.length), 0);
      const rows = candidates.subarray(start, end).toReversed();
      found.push(...(await readRows(index, rows, { reader, kept, keys: query.keys })));
      end = start;
    }
  } finally {
    await reader.close();
  }
  return found;
}

interface Reading {
  readonly reader: RecordReader;
  /** Segments that retention has not removed. */
  readonly kept: ReadonlySet<string>;
  readonly keys: readonly IndexKey[];
}

/** The items of those rows, without those whose hashes matched by chance or whose records are gone. */
async function readRows(
  index: LoadedIndex,
  rows: Uint32Array,
  { reader, kept, keys }: Reading,
): Promise<readonly FoundItem[]> {
  const ends = endsOf(index, rows);
  const places = [...rows]
    .map((row) => ({ from: positionOf(index, row), to: ends.get(row) }))
    .filter(({ from }) => kept.has(from.segment));
  const items = await Promise.all(places.map(({ from, to }) => readItem(reader, from, to)));
  return items.flatMap((found) =>
    found !== undefined && keys.every((key) => hasKey(found.item, key)) ? [found] : [],
  );
}

/** Rows that have every key's hash and lie within the time, oldest first. */
async function matchingRows(index: LoadedIndex, { keys, from, to }: RecordQuery) {
  let rows: Uint32Array | undefined;
  for (const [kind, value] of keys) {
    const here = rowsWith(await index.key(kind), hashKey(value));
    rows = rows === undefined ? here : intersection(rows, here);
  }
  rows ??= everyRow(index.state.rows);
  if (from === undefined && to === undefined) return rows;
  return rows.filter((row) => {
    const at = timeOf(index, row);
    return (from === undefined || at >= from) && (to === undefined || at < to);
  });
}

function everyRow(count: number): Uint32Array {
  const rows = new Uint32Array(count);
  for (let row = 0; row < count; row++) rows[row] = row;
  return rows;
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

/** Where the exchanges of those rows ended, of those that did. */
function endsOf({ ends, state }: LoadedIndex, rows: Uint32Array): ReadonlyMap<number, Position> {
  const places = new Map<number, Position>();
  const wanted = new Set(rows);
  for (let at = 0; at < ends.length; at += endWords) {
    const row = ends[at] ?? 0;
    if (!wanted.has(row)) continue;
    const segment = state.segments[ends[at + 1] ?? 0] ?? "";
    places.set(row, { segment, offset: ends[at + 2] ?? 0 });
  }
  return places;
}

async function readItem(
  reader: RecordReader,
  from: Position,
  to: Position | undefined,
): Promise<FoundItem | undefined> {
  const exchanges = new Exchanges();
  const record = await reader.read(from);
  const { event, replica } = record;
  const whole = exchanges.take(record, from);
  const ended = to === undefined ? whole : exchanges.take(await reader.read(to), to);
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
