import { expect } from "vitest";
import type { Facts } from "../../../src/core/facts.ts";
import { parsePolicy } from "../../../src/policy/parse.ts";
import { formatProblem } from "../../../src/yaml/problem.ts";
import { anOperation, someFacts } from "../../support/facts.ts";
import { paperActions } from "../../support/paper-actions.ts";

export type Fate = "matches" | "misses" | "in doubt";

/** How a rule with that `when` (YAML, or more keys of the rule) fares; `orders` says whether it lets go or refuses. */
export function fate(rule: string, facts: Facts, orders: "allow" | "deny" = "allow"): Fate {
  const then = orders === "allow" ? "[allow]" : "[{ deny: { reason: rule } }]";
  const text = `lists: { main: [main, "release/**"] }
macros: { night: "request.time.getHours() < 6" }
rules: [ { id: rule, ${rule}, then: ${then} } ]
otherwise: [ { deny: { reason: otherwise } } ]`;
  const policy = parsePolicy([{ file: "policy.yaml", text }], new Map(), {
    actions: paperActions(),
  });
  if (!policy.ok) throw new Error(policy.error.map(formatProblem).join("\n"));
  const [ruling] = policy.value.evaluate(facts).rulings;
  const [explanation] = policy.value.explain(facts);
  expect(explanation.rule).toBe(ruling.rule);
  if (ruling.rule !== "rule") return "misses";
  return explanation.trials.at(-1)?.result === "undecidable" ? "in doubt" : "matches";
}

export const withAttributes = (attributes: Record<string, string | number | boolean | string[]>) =>
  someFacts({ operations: [anOperation({ attributes })] });
