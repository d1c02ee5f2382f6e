import type { Summary } from "./summary.ts";

/** A session's summary as a line of JSON, or read where it may still change. */
interface Row {
  readonly session: string;
  readonly from: number;
  readonly held: Buffer | Summary;
}

const newline = 10;
const head = /^\{"session":"([\w-]+)","from":(\d+),/;
const longestHead = 192;

/**
 * The summaries of many sessions, the last line of each. A line is read only when somebody wants what is in it, so that
 * a hundred thousand of them take little more room than their text, and listing them no more time than what is shown.
 */
export class Summaries {
  readonly #rows = new Map<string, Row>();
  /** By beginning, the newest last; what has changed since is put in its place when it is asked for. */
  #order: Row[] | undefined;

  /** Reads lines; one that was cut by a crash is passed over. */
  static of(text: Buffer): Summaries {
    const summaries = new Summaries();
    for (let at = 0; at < text.length; ) {
      const end = text.indexOf(newline, at);
      const row = rowOf(text.subarray(at, end < 0 ? text.length : end));
      if (row !== undefined) summaries.#rows.set(row.session, row);
      at = end < 0 ? text.length : end + 1;
    }
    return summaries;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(session: string): Summary | undefined {
    const row = this.#rows.get(session);
    return row === undefined ? undefined : summaryOf(row);
  }

  set(summary: Summary): void {
    const { session, from } = summary;
    const before = this.#rows.get(session);
    const row = { session, from, held: summary };
    this.#rows.set(session, row);
    const order = this.#order;
    if (order === undefined) return;
    const last = order.at(-1);
    if (last?.session === session && before?.from === from) order[order.length - 1] = row;
    else if (before === undefined && (last === undefined || compare(last, row) < 0))
      order.push(row);
    else this.#order = undefined;
  }

  /** Keeps a summary as its line from now on: it is not expected to change soon. */
  settle(session: string): void {
    const summary = this.get(session);
    if (summary === undefined) return;
    const row = this.#rows.get(session);
    if (row !== undefined && !Buffer.isBuffer(row.held))
      Object.assign(row, { held: Buffer.from(JSON.stringify(summary)) });
  }

  /** Every summary, in the order in which the sessions were first seen. */
  *all(): Generator<Summary> {
    for (const row of this.#rows.values()) {
      const summary = summaryOf(row);
      if (summary !== undefined) yield summary;
    }
  }

  /** The line of each session's summary, without its end. */
  *lines(): Generator<string> {
    for (const { held } of this.#rows.values())
      yield Buffer.isBuffer(held) ? held.toString("utf8") : JSON.stringify(held);
  }

  /**
   * The summaries from the newest session on, those alone that may be wanted: `may` is given the line in lower case, and
   * is not asked of what is read already. `after`: only those that come after that session.
   */
  *newest(after: string | undefined, may: (line: string) => boolean): Generator<Summary> {
    this.#order ??= [...this.#rows.values()].sort(compare);
    const order = this.#order;
    const from = after === undefined ? undefined : this.#rows.get(after);
    const start =
      from === undefined ? order.length : order.findLastIndex((row) => row.session === after);
    for (let at = start - 1; at >= 0; at--) {
      const row = order[at];
      if (row === undefined) continue;
      if (Buffer.isBuffer(row.held) && !may(row.held.toString("utf8").toLowerCase())) continue;
      const summary = summaryOf(row);
      if (summary !== undefined) yield summary;
    }
  }
}

/** Summaries that are at hand anyway, newest first. */
export function newestOf(all: Iterable<Summary>): Pick<Summaries, "newest"> {
  const summaries = new Summaries();
  for (const summary of all) summaries.set(summary);
  return summaries;
}

function rowOf(line: Buffer): Row | undefined {
  // Two lines run together where one was cut; neither is whole.
  if (line.length < 2 || line.at(-1) !== 0x7d || line.indexOf('{"session":', 1) > 0)
    return undefined;
  const [, session, from] = head.exec(line.toString("latin1", 0, longestHead)) ?? [];
  if (session !== undefined) return { session, from: Number(from), held: line };
  const summary = parse(line);
  return summary === undefined
    ? undefined
    : { session: summary.session, from: summary.from, held: line };
}

function summaryOf({ held }: Row): Summary | undefined {
  return Buffer.isBuffer(held) ? parse(held) : held;
}

function parse(line: Buffer): Summary | undefined {
  try {
    return JSON.parse(line.toString("utf8")) as Summary;
  } catch {
    return undefined;
  }
}

function compare(a: Row, b: Row): number {
  return a.from - b.from || (a.session < b.session ? 1 : -1);
}
