import { err, ok, type Result } from "../../base/result.ts";

/** The first frame of every segment of the write-ahead log. */
export interface SegmentHeader {
  readonly v: 1;
  readonly replica: string;
  readonly boot: number;
  /** The sequence number of the segment's first record, and the commitment before it. */
  readonly first: number;
  readonly prev: string;
  /** How many records the replica wrote before, over all boots. */
  readonly n: number;
  /** The segment before, and how many of its bytes count: what lies beyond was never acknowledged. */
  readonly prior: SegmentSpan | null;
  /** Ids of the exchanges begun and not ended in earlier segments. */
  readonly open: readonly string[];
}

/** A segment by its file name, and where its last whole frame ends. */
export interface SegmentSpan {
  readonly segment: string;
  readonly end: number;
}

/** A place in the log: a byte offset in a segment. */
export interface Position {
  readonly segment: string;
  readonly offset: number;
}

/** Names sort in the order of their making. */
export function segmentName(boot: number, number: number): string {
  return `${String(boot).padStart(14, "0")}-${String(number).padStart(8, "0")}.wal`;
}

export function isSegmentName(name: string): boolean {
  return /^\d{14}-\d{8}\.wal$/.test(name);
}

export function parseHeader(payload: Buffer): Result<SegmentHeader> {
  try {
    const value = JSON.parse(payload.toString()) as SegmentHeader;
    const sound =
      value.v === 1 &&
      typeof value.replica === "string" &&
      Number.isSafeInteger(value.boot) &&
      Number.isSafeInteger(value.first) &&
      Number.isSafeInteger(value.n) &&
      typeof value.prev === "string" &&
      Array.isArray(value.open) &&
      (value.prior === null || isSpan(value.prior));
    return sound ? ok(value) : err("a segment's header lacks what every header has");
  } catch {
    return err("a segment's header is not JSON");
  }
}

function isSpan(value: SegmentSpan): boolean {
  return isSegmentName(value.segment) && Number.isSafeInteger(value.end) && value.end > 0;
}
