import type { Effect } from "../effect.ts";
import type { Policy } from "../policy.ts";
import { outcomeOf } from "./outcome.ts";
import type { RecordedExchange } from "./recorded.ts";

/** What a policy would make of one recorded exchange, beside what was made of it. */
export interface Comparison {
  readonly id: string;
  readonly before: Effect | "error";
  readonly beforeRules: readonly string[];
  readonly now: Effect;
  readonly rule: string;
  readonly masked: boolean;
  /** The recording holds all that could have led to another ruling. */
  readonly certain: boolean;
  readonly operations: readonly string[];
}

/** How many exchanges now come to each outcome, and how many came to another one before. */
export interface BacktestReport {
  readonly exchanges: number;
  readonly now: Readonly<Record<Tally, number>>;
  /** By what they turn into: `blocked` were not denied before, and so on. */
  readonly changed: Readonly<Record<Change, number>>;
  readonly uncertain: number;
  readonly changes: readonly Comparison[];
}

export type Tally = "allowed" | "parked" | "blocked" | "masked";
export type Change = "allowed" | "parked" | "blocked";

const words: Readonly<Record<Effect, Change>> = {
  allow: "allowed",
  approve: "parked",
  deny: "blocked",
};

/** Judges recorded exchanges anew. `before` is the policy to compare with; absent: what was decided then. */
export function backtest(
  policy: Policy,
  exchanges: Iterable<RecordedExchange>,
  before?: Policy,
): BacktestReport {
  const now: Record<Tally, number> = { allowed: 0, parked: 0, blocked: 0, masked: 0 };
  const changed: Record<Change, number> = { allowed: 0, parked: 0, blocked: 0 };
  const changes: Comparison[] = [];
  let count = 0;
  let uncertain = 0;
  for (const exchange of exchanges) {
    const comparison = compare(policy, exchange, before);
    count++;
    now[words[comparison.now]]++;
    if (comparison.masked) now.masked++;
    if (!comparison.certain) uncertain++;
    if (comparison.before === comparison.now) continue;
    changed[words[comparison.now]]++;
    changes.push(comparison);
  }
  return { exchanges: count, now, changed, uncertain, changes };
}

function compare(
  policy: Policy,
  exchange: RecordedExchange,
  before: Policy | undefined,
): Comparison {
  const { id, facts, missing, past } = exchange;
  const explanations = policy.explain(facts, missing);
  const { outcome, rule, masked } = outcomeOf(explanations);
  const old = before === undefined ? undefined : outcomeOf(before.explain(facts, missing));
  return {
    id,
    before: old?.outcome ?? past.decision,
    beforeRules: old === undefined ? past.rules : [old.rule],
    now: outcome,
    rule,
    masked,
    certain: explanations.every((one) => one.certain),
    operations: facts.operations.map(({ name, resource }) => `${name} ${resource}`),
  };
}
