import { mapNonEmpty, type NonEmpty } from "../base/non-empty.ts";
import type { Facts } from "../core/facts.ts";
import type { RuleId } from "../core/ids.ts";
import type { Operation } from "../core/operation.ts";
import type { Subject } from "./condition.ts";
import type { Effect, Mode } from "./effect.ts";
import { onlyNoted } from "./evaluate.ts";
import { type LastResort, otherwise } from "./last-resort.ts";
import { type Orders, refusal } from "./orders.ts";
import type { BoundRule } from "./rule.ts";

/** How one rule fared with one operation. */
export interface Trial {
  readonly rule: RuleId;
  readonly mode: Mode;
  readonly result: "matched" | "missed" | "undecidable";
  /** The first condition that did not hold or could not be told, and what was there instead. */
  readonly because?: { readonly condition: string; readonly found: string };
}

/** Why an operation was ruled as it was: every rule that was tried, in order, up to the one that ruled. */
export interface Explanation {
  readonly operation: Operation;
  readonly trials: readonly Trial[];
  readonly rule: RuleId;
  readonly effect: Effect;
  readonly actions: readonly string[];
}

/** Tries one rule and says how it fared. */
export function attempt(rule: BoundRule, subject: Subject): Trial {
  const { id, mode } = rule;
  const verdict = rule.test(subject);
  if (verdict === true) return { rule: id, mode, result: "matched" };
  const failed = rule.conditions.find((condition) => {
    const result = condition.test(subject);
    return verdict === false ? result === false : typeof result === "object";
  });
  const found = typeof verdict === "object" ? verdict.reason : (failed?.found(subject) ?? "");
  return {
    rule: id,
    mode,
    result: verdict === false ? "missed" : "undecidable",
    because: { condition: failed?.name ?? "when", found },
  };
}

/** Judges as the evaluator does, every rule in turn and without the index, and keeps the reasons. */
export function explainer(
  rules: readonly BoundRule[],
  lastResort: LastResort,
  lenient: boolean,
): (facts: Facts) => NonEmpty<Explanation> {
  return (facts) =>
    mapNonEmpty(facts.operations, (operation) =>
      explain({ facts, operation }, rules, lastResort, lenient),
    );
}

function explain(
  subject: Subject,
  rules: readonly BoundRule[],
  lastResort: LastResort,
  lenient: boolean,
): Explanation {
  const { operation } = subject;
  const trials: Trial[] = [];
  for (const rule of rules) {
    const trial = attempt(rule, subject);
    trials.push(trial);
    if (trial.result === "missed" || onlyNoted(rule, rule.test(subject), lenient)) continue;
    const orders = trial.result === "matched" ? rule : doubt;
    return { operation, trials, rule: rule.id, ...outcome(orders) };
  }
  return { operation, trials, rule: otherwise, ...outcome(lastResort) };
}

const doubt: Orders = { effect: "deny", actions: refusal("denied", "") };

function outcome({ effect, actions }: Orders): Pick<Explanation, "effect" | "actions"> {
  return { effect, actions: actions.map(({ name }) => name) };
}
