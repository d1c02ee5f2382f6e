import { frameHeader } from "./frame.ts";
import type { LoggedRecord } from "./log-file.ts";
import type { Position } from "./segment.ts";

/** A record and its bytes, before it has a place. */
export type Framed = Pick<LoggedRecord, "record" | "payload" | "commit">;

const maxBytes = 8 << 20;

/**
 * The newest durable records, as they were written: whoever follows the log close behind need not read them back and
 * parse them. Holds what some follower has not read yet, and 8 MiB of payloads at most; all of it is on disk.
 */
export class Tail {
  readonly #records: LoggedRecord[] = [];
  readonly #followers = new Map<object, Position>();
  #bytes = 0;

  /** Takes the records that follow the last one, as their frames stand from that place on. */
  take(framed: readonly Framed[], { segment, offset }: Position): void {
    let position: Position = { segment, offset };
    for (const { record, payload, commit } of framed) {
      const next = { segment, offset: position.offset + frameHeader + payload.length };
      const known = commit === undefined ? {} : { commit };
      this.#records.push({ record, payload, ...known, position, next });
      this.#bytes += payload.length;
      position = next;
    }
    if (this.#bytes > maxBytes) this.#forget();
  }

  /** All records from that place on; undefined where the first of them is not here any more. */
  from(position: Position): readonly LoggedRecord[] | undefined {
    const at = this.#find(position);
    const before = this.#records[at - 1];
    // The place after the last record of a segment is also the place of the first of the next one.
    const follows = before !== undefined && same(before.next, position);
    const stands = this.#records[at];
    if (!follows && (stands === undefined || !same(stands.position, position))) return undefined;
    return this.#records.slice(at);
  }

  /** A follower has read all before that place: what all of them have is let go, but for the last, by which a place is found. */
  passed(follower: object, position: Position): void {
    this.#followers.set(follower, position);
    let low = position;
    for (const place of this.#followers.values()) if (isBefore(place, low)) low = place;
    this.#drop(this.#find(low) - 1);
  }

  /** The index of the first record that stands at or after a place. */
  #find(position: Position): number {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const record = this.#records[middle];
      if (record !== undefined && isBefore(record.position, position)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Keeps the newest half, so that dropping costs little per record. */
  #forget(): void {
    let left = this.#bytes;
    let count = 0;
    for (const { payload } of this.#records) {
      if (left <= maxBytes / 2) break;
      left -= payload.length;
      count += 1;
    }
    this.#drop(count);
  }

  #drop(count: number): void {
    if (count <= 0) return;
    for (const { payload } of this.#records.splice(0, count)) this.#bytes -= payload.length;
  }
}

/** Whether a place comes before another: segments sort by name. */
export function isBefore(a: Position, b: Position): boolean {
  return a.segment < b.segment || (a.segment === b.segment && a.offset < b.offset);
}

function same(a: Position, b: Position): boolean {
  return a.segment === b.segment && a.offset === b.offset;
}
