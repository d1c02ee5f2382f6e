import type { NonEmpty } from "../../base/non-empty.ts";
import type { RuleId } from "../../core/ids.ts";
import type { Effect } from "../effect.ts";
import type { Explanation } from "../explain.ts";

/** What a whole request comes to, and the rule to which that is due: the first of those that are strictest. */
export interface RequestOutcome {
  readonly outcome: Effect;
  readonly rule: RuleId;
  /** Secrets are masked on the way. */
  readonly masked: boolean;
}

const strictness: readonly Effect[] = ["allow", "approve", "deny"];

export function outcomeOf(explanations: NonEmpty<Explanation>): RequestOutcome {
  const [first, ...rest] = explanations;
  const strictest = rest.reduce((most, one) => (rank(one) > rank(most) ? one : most), first);
  return {
    outcome: strictest.effect,
    rule: strictest.rule,
    masked: strictest.effect !== "deny" && explanations.some((one) => one.actions.includes("mask")),
  };
}

function rank({ effect }: Explanation): number {
  return strictness.indexOf(effect);
}
