import type { Summaries } from "./summaries.ts";
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

/** Looks through summaries from the newest session on, until a page is full. */
export function find(summaries: Pick<Summaries, "newest">, wanted: Wanted): Page {
  const words = (wanted.words ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const found: Summary[] = [];
  for (const summary of summaries.newest(wanted.after, (line) => may(line, wanted, words))) {
    if (!fits(summary, wanted, words)) continue;
    const last = found.at(-1);
    if (found.length === wanted.limit && last !== undefined)
      return { sessions: found, next: last.session };
    found.push(summary);
  }
  return { sessions: found };
}

/** Whether a summary could fit, by its line in lower case: most are passed over without being read. */
function may(line: string, { decision, masked }: Wanted, words: readonly string[]): boolean {
  if (decision !== undefined && !line.includes(`"${decision}":`)) return false;
  if (masked === true && line.includes('"masks":{}')) return false;
  return words.every((word) => /["\\\p{Cc}]/u.test(word) || line.includes(word));
}

function fits(summary: Summary, wanted: Wanted, words: readonly string[]): boolean {
  const { decisions, masks } = summary;
  if (wanted.decision !== undefined && !Object.hasOwn(decisions, wanted.decision)) return false;
  if (wanted.masked === true && Object.keys(masks).length === 0) return false;
  if (words.length === 0) return true;
  const text = textOf(summary);
  return words.every((word) => text.includes(word));
}

function textOf(summary: Summary): string {
  const { session, principal, repository, run, actor, connections, operations, rules, masks } =
    summary;
  const all = [session, principal, repository, run, actor, ...connections, ...operations, ...rules];
  return [...all, ...Object.keys(masks), summary.state].join("\n").toLowerCase();
}
