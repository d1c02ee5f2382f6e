import { join } from "node:path";
import { type AuditRecord, commitment, decodeRecord } from "../record/record.ts";
import type { Position, SegmentSpan } from "./segment.ts";
import { readFrames, readHeader, smallRead } from "./segment-file.ts";

/** A record as it stands in the log. */
export interface LoggedRecord {
  readonly record: AuditRecord;
  readonly payload: Buffer;
  /** The commitment to it, where that is known: of one that was not read back. */
  readonly commit?: string;
  readonly position: Position;
  /** Where the record after it stands. */
  readonly next: Position;
}

/** Records in their order: those in memory at once, those on disk as they are read. */
export type LoggedRecords = Iterable<LoggedRecord> | AsyncIterable<LoggedRecord>;

/** Hands on one record after the other for as long as `take` says that it wants more. */
export async function eachRecord(
  records: LoggedRecords,
  take: (logged: LoggedRecord) => boolean | Promise<boolean>,
): Promise<void> {
  if (Symbol.asyncIterator in records) {
    for await (const logged of records) if (!(await take(logged))) return;
    return;
  }
  // To await each of many costs more than most do with one.
  for (const logged of records) {
    const wantsMore = take(logged);
    if (wantsMore !== true && !(await wantsMore)) return;
  }
}

/** The records of those segments in order, from a position on (from the first, when the position is no longer there). */
export async function* readRecords(
  dir: string,
  segments: readonly SegmentSpan[],
  from: Position | undefined,
): AsyncGenerator<LoggedRecord> {
  const start = segments.findIndex((span) => span.segment === from?.segment);
  for (const span of segments.slice(Math.max(start, 0)))
    yield* readSegment(dir, span, span.segment === from?.segment ? from.offset : 0);
}

/** The records of one segment from an offset on (0: the first); throws when it is damaged before its end. */
export async function* readSegment(
  dir: string,
  { segment, end }: SegmentSpan,
  from: number,
): AsyncGenerator<LoggedRecord> {
  const path = join(dir, segment);
  let offset = from === 0 ? await firstOffset(path) : from;
  for await (const frame of readFrames(path, offset, end)) {
    const record = decodeRecord(frame.payload);
    if (!record.ok) throw new Error(`${segment}: ${record.error}`);
    offset = frame.end;
    yield {
      record: record.value,
      payload: frame.payload,
      position: { segment, offset: frame.offset },
      next: { segment, offset: frame.end },
    };
  }
  if (offset < end) throw new Error(`${segment} is damaged at byte ${offset}`);
}

async function firstOffset(path: string): Promise<number> {
  const head = await readHeader(path);
  if (!head.ok) throw new Error(head.error);
  return head.value.end;
}

/** The commitment of a record that was read. */
export function commitmentOf(logged: LoggedRecord): string {
  return commitment(logged.payload);
}

/** Record number `n` of the replica, if it is still there. */
export async function findRecord(
  dir: string,
  segments: readonly SegmentSpan[],
  n: number,
): Promise<LoggedRecord | undefined> {
  for (const span of [...segments].reverse()) {
    const head = await readHeader(join(dir, span.segment));
    if (!head.ok || head.value.header.n > n) continue;
    for await (const logged of readSegment(dir, span, 0)) if (logged.record.n === n) return logged;
    return undefined;
  }
  return undefined;
}

/** The number and time of a segment's first record. */
export async function firstRecord(
  path: string,
): Promise<{ readonly n: number; readonly at: number }> {
  const frames = readFrames(path, await firstOffset(path), Number.POSITIVE_INFINITY, smallRead);
  for await (const frame of frames) {
    const record = decodeRecord(frame.payload);
    if (record.ok) return record.value;
    break;
  }
  throw new Error(`${path} has no record`);
}

/** The one record at that position. */
export async function readRecordAt(dir: string, position: Position): Promise<AuditRecord> {
  const path = join(dir, position.segment);
  const { offset } = position;
  for await (const frame of readFrames(path, offset, Number.POSITIVE_INFINITY, smallRead)) {
    const record = decodeRecord(frame.payload);
    if (record.ok) return record.value;
    break;
  }
  throw new Error(`${position.segment} has no record at byte ${position.offset}`);
}
