import { err, ok, type Result } from "../base/result.ts";
import { noSession, type ReadSession, type RecordedExchange, type SessionReader } from "./read.ts";
import { readSummaries } from "./session-index.ts";
import type { IndexLog, Shelf } from "./shelf.ts";
import { Summaries } from "./summaries.ts";
import type { Summary } from "./summary.ts";

/** Reads recordings, wherever they are. */
export type Reading = Pick<SessionReader, "session" | "sessions" | "pieces">;

/** Recordings in several places as one: processes of one gateway record each its own part of a session. */
export class SeveralReaders implements Reading {
  readonly #readers: readonly Reading[];
  readonly #whose = new WeakMap<object, Reading>();

  constructor(readers: readonly Reading[]) {
    this.#readers = readers;
  }

  /** Every exchange in the order of time; an error where a part cannot be opened, or nobody has one. */
  async session(session: string): Promise<Result<ReadSession>> {
    const exchanges: RecordedExchange[] = [];
    const open: string[] = [];
    for (const reader of this.#readers) {
      const read = await reader.session(session);
      if (!read.ok && read.error === noSession) continue;
      if (!read.ok) return read;
      for (const exchange of read.value.exchanges) this.#whose.set(exchange.body, reader);
      exchanges.push(...read.value.exchanges);
      open.push(...read.value.open);
    }
    if (exchanges.length === 0) return err(noSession);
    exchanges.sort((a, b) => a.opened.at - b.opened.at || order(a.opened.record, b.opened.record));
    return ok({ exchanges, open });
  }

  async sessions(): Promise<readonly string[]> {
    const all = await Promise.all(this.#readers.map((reader) => reader.sessions()));
    return [...new Set(all.flat())].sort();
  }

  pieces(
    exchange: Parameters<Reading["pieces"]>[0],
    ...rest: [Parameters<Reading["pieces"]>[1], number?]
  ): ReturnType<Reading["pieces"]> {
    const reader = this.#whose.get(exchange.body);
    if (reader === undefined) throw new TypeError("an exchange that was not read here");
    return reader.pieces(exchange, ...rest);
  }
}

/** What lies in several places, to be read as if it lay in one: no two parts have one name. */
export function severalShelves(shelves: readonly Shelf[]): Pick<Shelf, "get" | "names" | "open"> {
  const first = async <T>(find: (shelf: Shelf) => Promise<T | undefined>) => {
    for (const shelf of shelves) {
      const found = await find(shelf);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return {
    get: (path) => first((shelf) => shelf.get(path)),
    open: (path) => first((shelf) => shelf.open(path)),
    names: async (folder) => {
      const all = await Promise.all(shelves.map((shelf) => shelf.names(folder)));
      return [...new Set(all.flat())].sort();
    },
  };
}

/** The index of another process, which alone writes it. */
export class FollowedIndex {
  readonly #log: Pick<IndexLog, "read">;
  #summaries = Summaries.of(Buffer.alloc(0));

  constructor(log: Pick<IndexLog, "read">) {
    this.#log = log;
  }

  get(session: string): Summary | undefined {
    return this.#summaries.get(session);
  }

  all(): Iterable<Summary> {
    return this.#summaries.all();
  }

  /** Reads it anew. */
  async refresh(): Promise<void> {
    this.#summaries = await readSummaries(this.#log);
  }
}

/** What several know of one session, as one; `order`: retention classes, the longest last. */
export function together(parts: readonly Summary[], order: readonly string[]): Summary | undefined {
  const [first, ...others] = parts;
  if (first === undefined) return undefined;
  return others.reduce((one, other) => both(one, other, order), first);
}

function both(one: Summary, other: Summary, order: readonly string[]): Summary {
  // Of an erased part there is nothing left to tell.
  if (other.state === "erased") return one;
  if (one.state === "erased") return other;
  const hold = one.hold ?? other.hold;
  return {
    ...one,
    from: Math.min(one.from, other.from),
    to: Math.max(one.to, other.to),
    state: ["live", "cut"].includes(one.state) && other.state !== "live" ? one.state : other.state,
    exchanges: one.exchanges + other.exchanges,
    bytes: one.bytes + other.bytes,
    decisions: sums(one.decisions, other.decisions),
    connections: union(one.connections, other.connections),
    operations: union(one.operations, other.operations),
    rules: union(one.rules, other.rules),
    masks: sums(one.masks, other.masks),
    gaps: one.gaps + other.gaps,
    raw: one.raw || other.raw,
    class: order.indexOf(one.class) >= order.indexOf(other.class) ? one.class : other.class,
    ...(hold === undefined ? {} : { hold }),
  };
}

function sums<T extends Readonly<Record<string, number>>>(one: T, other: T): T {
  const all: Record<string, number> = { ...one };
  for (const [name, count] of Object.entries(other)) all[name] = (all[name] ?? 0) + count;
  return all as T;
}

function union(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...new Set([...one, ...other])];
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
