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

/** The summary once that entry is known too; `order`: retention classes, the longest last. */
export function summarise(
  before: Summary | undefined,
  session: string,
  entry: Entry,
  began: number,
  order: readonly string[] = [],
): Summary | undefined {
  const known = before ?? (entry.k === "open" ? fresh(session, entry) : undefined);
  if (known === undefined) return undefined;
  const at = entry.k === "open" ? entry.at : began + entry.t;
  const base: Summary = { ...known, to: Math.max(known.to, at) };
  switch (entry.k) {
    case "open":
      return opened(base, entry, order);
    case "decided":
      return {
        ...base,
        decisions: {
          ...base.decisions,
          [entry.decision]: (base.decisions[entry.decision] ?? 0) + 1,
        },
      };
    case "mask":
      return { ...base, masks: { ...base.masks, [entry.rule]: (base.masks[entry.rule] ?? 0) + 1 } };
    case "over":
      return { ...base, bytes: base.bytes + entry.bytes };
    case "gap":
      return { ...base, gaps: base.gaps + 1 };
    case "parked":
    case "answer":
    case "end":
      return base;
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
  base: Summary,
  entry: Extract<Entry, { k: "open" }>,
  order: readonly string[],
): Summary {
  const wanted = entry.class ?? "default";
  return {
    ...base,
    from: Math.min(base.from, entry.at),
    exchanges: base.exchanges + 1,
    connections: union(base.connections, [entry.connection.name]),
    operations: union(
      base.operations,
      entry.operations.map(({ name }) => name),
    ),
    rules: union(base.rules, entry.rules),
    raw: base.raw || entry.raw === true,
    class:
      order.indexOf(wanted) > order.indexOf(base.class) || base.class === "" ? wanted : base.class,
  };
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  const fresh = b.filter((name) => !a.includes(name));
  return fresh.length === 0 ? a : [...new Set([...a, ...fresh])].slice(0, mostNames);
}
