import type { NonEmpty } from "../../base/non-empty.ts";
import type { RuleId } from "../../core/ids.ts";
import type { Explanation } from "../explain.ts";
import type { Policy } from "../policy.ts";
import { describedFacts } from "./description.ts";
import { outcomeOf } from "./outcome.ts";
import type { Case } from "./schema.ts";

/** What came of one case: nothing to complain of, or what was other than expected. */
export interface CaseResult {
  readonly name: string;
  readonly complaints: readonly string[];
  readonly explanations: NonEmpty<Explanation>;
}

/** How often each rule of a policy ruled, or would have. */
export interface Coverage {
  readonly rule: RuleId;
  readonly cases: number;
}

/** Runs one case against a policy. */
export function runCase(policy: Policy, { name, given, expect }: Case): CaseResult {
  const facts = describedFacts(given);
  const explanations = policy.explain(facts);
  const { outcome, rule } = outcomeOf(explanations);
  const { rulings } = policy.evaluate(facts);
  const observed = [...new Set(rulings.flatMap((ruling) => ruling.observed))];
  const ordered = rulings.find((ruling) => ruling.rule === rule)?.actions ?? [];
  const complaints = [
    ...differs("outcome", expect.outcome, outcome),
    ...differs("rule", expect.rule, rule),
    ...differs("observed", expect.observed?.join(", "), observed.join(", ")),
    ...differs("actions", expect.actions?.join(", "), ordered.map((a) => a.name).join(", ")),
  ];
  return { name, complaints, explanations };
}

/** How often each rule came to rule in those cases; a rule that never does is not proven. */
export function coverageOf(policy: Policy, results: readonly CaseResult[]): readonly Coverage[] {
  const counts = new Map<string, number>();
  for (const { explanations } of results) {
    const matched = explanations.flatMap(({ trials }) =>
      trials.filter(({ result }) => result === "matched").map((trial) => trial.rule),
    );
    for (const rule of new Set(matched)) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  }
  return policy.rules.map(({ id }) => ({ rule: id, cases: counts.get(id) ?? 0 }));
}

function differs(what: string, expected: string | undefined, found: string): readonly string[] {
  if (expected === undefined || expected === found) return [];
  return [`${what}: expected ${expected || "none"}, found ${found || "none"}`];
}
