import type { Summary } from "./summary.ts";

/** Which sessions are looked for. */
export interface Wanted {
  /** All of these words must be in what is known of the session: who, where, what, which rules. */
  readonly words?: string;
  /** Some exchange was decided so. */
  readonly decision?: string;
  /** Some secret was masked. */
  readonly masked?: boolean;
  /** Only sessions that come after that one in the list: for the next page. */
  readonly after?: string;
  readonly limit: number;
}

/** A page of sessions, newest first, and the session after which the next page begins. */
export interface Page {
  readonly sessions: readonly Summary[];
  readonly next?: string;
}

/** Looks through all summaries. */
export function find(summaries: Iterable<Summary>, wanted: Wanted): Page {
  const words = (wanted.words ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const found = [...summaries].filter((summary) => fits(summary, wanted, words));
  found.sort((a, b) => b.from - a.from || (a.session < b.session ? -1 : 1));
  const after = wanted.after;
  const start = after === undefined ? 0 : found.findIndex(({ session }) => session === after) + 1;
  const sessions = found.slice(start, start + wanted.limit);
  const last = sessions.at(-1);
  return start + sessions.length < found.length && last !== undefined
    ? { sessions, next: last.session }
    : { sessions };
}

function fits(summary: Summary, wanted: Wanted, words: readonly string[]): boolean {
  const { decisions, masks } = summary;
  if (wanted.decision !== undefined && !Object.hasOwn(decisions, wanted.decision)) return false;
  if (wanted.masked === true && Object.keys(masks).length === 0) return false;
  return words.length === 0 || words.every((word) => textOf(summary).includes(word));
}

const texts = new WeakMap<Summary, string>();

function textOf(summary: Summary): string {
  const known = texts.get(summary);
  if (known !== undefined) return known;
  const { session, principal, repository, run, actor, connections, operations, rules, masks } =
    summary;
  const all = [session, principal, repository, run, actor, ...connections, ...operations, ...rules];
  const text = [...all, ...Object.keys(masks), summary.state].join("\n").toLowerCase();
  texts.set(summary, text);
  return text;
}
