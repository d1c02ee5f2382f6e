import { mapNonEmpty } from "../base/non-empty.ts";
import type { Decision, Ruling } from "../core/decision.ts";
import type { Facts } from "../core/facts.ts";
import type { RuleId } from "../core/ids.ts";
import { type Candidates, indexRules } from "./candidates.ts";
import type { Subject, Verdict } from "./condition.ts";
import { type LastResort, otherwise } from "./last-resort.ts";
import { refusal } from "./orders.ts";
import type { BoundRule } from "./rule.ts";

/** Rules in order, ready to judge. `lenient`: the file only observes. */
export function evaluator(
  rules: readonly BoundRule[],
  lastResort: LastResort,
  policyDigest: string,
  lenient: boolean,
): (facts: Facts) => Decision {
  const candidates = indexRules(rules);
  return (facts) => ({
    policyDigest,
    rulings: mapNonEmpty(facts.operations, (operation) =>
      ruleOn({ facts, operation }, candidates, lastResort, lenient, policyDigest),
    ),
  });
}

function ruleOn(
  subject: Subject,
  candidates: Candidates,
  lastResort: LastResort,
  lenient: boolean,
  policy: string,
): Ruling {
  const { operation } = subject;
  const observed: RuleId[] = [];
  for (const rule of candidates(subject)) {
    const verdict = rule.testRest(subject);
    if (verdict === false) continue;
    if (onlyNoted(rule, verdict, lenient)) {
      observed.push(rule.id);
      continue;
    }
    if (rule.softened) observed.push(rule.id);
    const actions = verdict === true ? rule.actions : refusal("denied", verdict.reason);
    return { operation, rule: rule.id, actions, observed, digests: { rule: rule.digest, policy } };
  }
  if (lastResort.softened) observed.push(otherwise);
  return { operation, rule: otherwise, actions: lastResort.actions, observed };
}

/** Whether a rule that matches, or might, is only noted. A file that observes refuses nobody for its doubts. */
export function onlyNoted(rule: BoundRule, verdict: Verdict, lenient: boolean): boolean {
  return rule.mode === "observe" || (verdict !== true && lenient);
}
