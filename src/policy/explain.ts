import { mapNonEmpty, type NonEmpty } from "../base/non-empty.ts";
import type { Facts } from "../core/facts.ts";
import type { RuleId } from "../core/ids.ts";
import type { Operation } from "../core/operation.ts";
import type { Condition, Part, Subject } from "./condition.ts";
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
  /** It would have had to look at what is missing: with that, it may have fared otherwise. */
  readonly unsure: boolean;
}

/** Why an operation was ruled as it was: every rule that was tried, in order, up to the one that ruled. */
export interface Explanation {
  readonly operation: Operation;
  readonly trials: readonly Trial[];
  readonly rule: RuleId;
  readonly effect: Effect;
  readonly actions: readonly string[];
  /** Nothing that is missing could have led to another ruling. */
  readonly certain: boolean;
}

export type Missing = ReadonlySet<Part>;

/** Tries one rule and says how it fared. */
function attempt(rule: BoundRule, subject: Subject, missing: Missing): Trial {
  const { id, mode, conditions } = rule;
  const verdict = rule.test(subject);
  const unsure = isUnsure(conditions, subject, missing);
  if (verdict === true) return { rule: id, mode, result: "matched", unsure };
  const failed = conditions.find((condition) => {
    const result = condition.test(subject);
    return verdict === false ? result === false : typeof result === "object";
  });
  const found = typeof verdict === "object" ? verdict.reason : (failed?.found(subject) ?? "");
  return {
    rule: id,
    mode,
    result: verdict === false ? "missed" : "undecidable",
    because: { condition: failed?.name ?? "when", found },
    unsure,
  };
}

/** A condition on what is missing matters only where no other condition fails without it. */
function isUnsure(conditions: readonly Condition[], subject: Subject, missing: Missing): boolean {
  if (missing.size === 0) return false;
  const [blind, seeing] = [true, false].map((wanted) =>
    conditions.filter(({ reads = [] }) => reads.some((part) => missing.has(part)) === wanted),
  );
  if (blind?.length === 0) return false;
  return seeing?.every((condition) => condition.test(subject) !== false) ?? true;
}

/** Judges as the evaluator does, every rule in turn and without the index, and keeps the reasons. */
export function explainer(
  rules: readonly BoundRule[],
  lastResort: LastResort,
  lenient: boolean,
): (facts: Facts, missing?: Missing) => NonEmpty<Explanation> {
  const judge = { rules, lastResort, lenient };
  return (facts, missing = new Set()) =>
    mapNonEmpty(facts.operations, (operation) => explain({ facts, operation }, judge, missing));
}

interface Judge {
  readonly rules: readonly BoundRule[];
  readonly lastResort: LastResort;
  readonly lenient: boolean;
}

function explain(subject: Subject, judge: Judge, missing: Missing): Explanation {
  const { operation } = subject;
  const trials: Trial[] = [];
  const told = (rule: RuleId, { effect, actions }: Orders): Explanation => ({
    operation,
    trials,
    rule,
    effect,
    actions: actions.map(({ name }) => name),
    certain: trials.every(({ unsure }) => !unsure),
  });
  for (const rule of judge.rules) {
    const trial = attempt(rule, subject, missing);
    trials.push(trial);
    if (trial.result === "missed" || onlyNoted(rule, rule.test(subject), judge.lenient)) continue;
    return told(rule.id, trial.result === "matched" ? rule : doubt);
  }
  return told(otherwise, judge.lastResort);
}

const doubt: Orders = { effect: "deny", actions: refusal("denied", "") };
