import type { AuditEvent } from "../record/record.ts";
import type { LoggedRecord } from "../wal/log-file.ts";
import type { Position } from "../wal/segment.ts";
import { hashKey, type IndexKind, indexKinds, tellKeys } from "./index-keys.ts";

/** How far an index has come, and what it needs to go on. */
export interface IndexState {
  readonly position: Position | undefined;
  readonly rows: number;
  /** Names of segments: rows refer to them by number. */
  readonly segments: readonly string[];
  /** The rows of exchanges that have not ended. */
  readonly open: Readonly<Record<string, number>>;
}

export const emptyIndex: IndexState = { position: undefined, rows: 0, segments: [], open: {} };

/** 32-bit words per entry: rows hold time (high, low), segment, offset; ends hold row, segment, offset; keys hash, row. */
export const rowWords = 4;
export const endWords = 3;
export const keyWords = 2;

/** What to append to the columns of an index. */
export interface Columns {
  readonly rows: number[];
  readonly ends: number[];
  readonly keys: Readonly<Record<IndexKind, number[]>>;
}

/** Turns records, in their order, into columns: one row for each exchange and each act. */
export class IndexBuilder {
  readonly #segments: string[];
  readonly #open: Map<string, number>;
  #rows: number;
  #position: Position | undefined;
  /** Whose keys are told. */
  #row = 0;
  columns: Columns = emptyColumns();

  constructor(state: IndexState) {
    this.#segments = [...state.segments];
    this.#open = new Map(Object.entries(state.open));
    this.#rows = state.rows;
    this.#position = state.position;
  }

  add({ record, position, next }: LoggedRecord): void {
    const { event } = record;
    this.#position = next;
    switch (event.kind) {
      case "intent":
        this.#open.set(event.intent.id, this.#rows);
        this.#begin(event.intent.at, position, event);
        return;
      case "act":
        this.#begin(record.at, position, event);
        return;
      case "completion":
        this.#end(event.completion.id, position, event);
        return;
      case "lost":
        this.#end(event.id, position, event);
        return;
      default:
    }
  }

  /** The place after the last record that it took. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** Where it stands; what is in `columns` belongs to it. */
  state(): IndexState {
    return {
      position: this.#position,
      rows: this.#rows,
      segments: [...this.#segments],
      open: Object.fromEntries(this.#open),
    };
  }

  #begin(at: number, position: Position, event: AuditEvent): void {
    const [high, low] = [Math.floor(at / 2 ** 32), at % 2 ** 32];
    this.columns.rows.push(high, low, this.#segment(position), position.offset);
    this.#keys(this.#rows, event);
    this.#rows += 1;
  }

  #end(id: string, position: Position, event: AuditEvent): void {
    const row = this.#open.get(id);
    if (row === undefined) return;
    this.#open.delete(id);
    this.columns.ends.push(row, this.#segment(position), position.offset);
    this.#keys(row, event);
  }

  #keys(row: number, event: AuditEvent): void {
    this.#row = row;
    tellKeys(event, this.#key);
  }

  readonly #key = (kind: IndexKind, value: string): void => {
    this.columns.keys[kind].push(hashKey(value), this.#row);
  };

  #segment({ segment }: Position): number {
    const last = this.#segments.length - 1;
    if (this.#segments[last] === segment) return last;
    const known = this.#segments.indexOf(segment);
    return known >= 0 ? known : this.#segments.push(segment) - 1;
  }
}

export function emptyColumns(): Columns {
  const keys = Object.fromEntries(indexKinds.map((kind) => [kind, [] as number[]]));
  return { rows: [], ends: [], keys: keys as Record<IndexKind, number[]> };
}
