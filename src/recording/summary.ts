import { unreachable } from "../base/unreachable.ts";
import { nameOf } from "../core/operation.ts";
import type { DecisionWord } from "../core/record.ts";
import type { Entry } from "./entry.ts";

/** What is known of a session without opening it: no content, and nothing that a secret could stand in. */
export interface Summary {
  readonly session: string;
  /** Milliseconds since the Unix epoch: the first exchange's beginning, and the last thing that happened. */
  readonly from: number;
  readonly to: number;
  /** `live`: may still grow; `cut`: the gateway died while it was open; `erased`: its key is destroyed. */
  readonly state: "live" | "closed" | "cut" | "erased";
  readonly principal: string;
  readonly repository?: string;
  readonly run?: string;
  readonly actor?: string;
  readonly exchanges: number;
  /** Bytes that went by in both directions. */
  readonly bytes: number;
  readonly decisions: Readonly<Partial<Record<DecisionWord, number>>>;
  readonly connections: readonly string[];
  /** Names of operations, the first 32. */
  readonly operations: readonly string[];
  readonly rules: readonly string[];
  /** How many secrets of each rule were masked. */
  readonly masks: Readonly<Record<string, number>>;
  readonly gaps: number;
  readonly raw: boolean;
  readonly class: string;
  /** Why it must not be erased, if so, and who has asked for the end of that. */
  readonly hold?: { readonly by: string; readonly reason: string; readonly lifting?: string };
}

const mostNames = 32;

/** What a session sums up to of which nothing is known: it has just begun, or was erased. */
export const nothingYet = {
  exchanges: 0,
  bytes: 0,
  decisions: {},
  connections: [],
  operations: [],
  rules: [],
  masks: {},
  gaps: 0,
  raw: false,
} satisfies Partial<Summary>;

/** The summary of a session that goes on. */
export type Growing = {
  -readonly [Name in keyof Omit<Summary, "decisions" | "masks">]: Summary[Name];
} & { decisions: Partial<Record<DecisionWord, number>>; masks: Record<string, number> };

/** What was known of a session that goes on now, or has just begun; undefined where that entry is no beginning. */
export function begun(
  before: Summary | undefined,
  session: string,
  entry: Entry,
): Growing | undefined {
  const known = before ?? (entry.k === "open" ? fresh(session, entry) : undefined);
  if (known === undefined) return undefined;
  const { decisions, masks } = known;
  return { ...known, decisions: { ...decisions }, masks: { ...masks }, state: "live" };
}

/** Adds that entry, of an exchange that began then; `order`: retention classes, the longest last. */
export function grow(
  summary: Growing,
  entry: Entry,
  began: number,
  order: readonly string[] = [],
): void {
  summary.to = Math.max(summary.to, entry.k === "open" ? entry.at : began + entry.t);
  switch (entry.k) {
    case "open":
      opened(summary, entry, order);
      return;
    case "decided":
      summary.decisions[entry.decision] = (summary.decisions[entry.decision] ?? 0) + 1;
      return;
    case "mask":
      summary.masks[entry.rule] = (summary.masks[entry.rule] ?? 0) + 1;
      return;
    case "over":
      summary.bytes += entry.bytes;
      return;
    case "gap":
      summary.gaps += 1;
      return;
    case "parked":
    case "answer":
    case "end":
      return;
    default:
      unreachable(entry);
  }
}

function fresh(session: string, entry: Extract<Entry, { k: "open" }>): Summary {
  const { run } = entry.principal;
  return {
    session,
    from: entry.at,
    to: entry.at,
    state: "live",
    principal: entry.principal.id,
    ...(run === undefined ? {} : { repository: run.repository, run: run.runId, actor: run.actor }),
    ...nothingYet,
    class: "",
  };
}

function opened(
  summary: Growing,
  entry: Extract<Entry, { k: "open" }>,
  order: readonly string[],
): void {
  const wanted = entry.class ?? "default";
  summary.from = Math.min(summary.from, entry.at);
  summary.exchanges += 1;
  summary.connections = union(summary.connections, [entry.connection.name]);
  summary.operations = union(summary.operations, entry.operations.map(nameOf));
  summary.rules = union(summary.rules, entry.rules);
  summary.raw ||= entry.raw === true;
  if (order.indexOf(wanted) > order.indexOf(summary.class) || summary.class === "")
    summary.class = wanted;
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  if (holdsAll(a, b)) return a;
  const fresh = b.filter((name) => !a.includes(name));
  return [...new Set([...a, ...fresh])].slice(0, mostNames);
}

function holdsAll(all: readonly string[], some: readonly string[]): boolean {
  for (const name of some) if (!all.includes(name)) return false;
  return true;
}
