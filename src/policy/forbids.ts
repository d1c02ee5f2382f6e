import type { Facts } from "../core/facts.ts";
import { indexRules } from "./candidates.ts";
import type { LastResort } from "./last-resort.ts";
import type { BoundRule } from "./rule.ts";

/**
 * Tells of requests that are refused whatever else is learnt of them: for one of their operations, every rule that
 * could rule at its place denies, and so does the last resort. Nobody need be asked about such a request.
 */
export function forbidder(
  rules: readonly BoundRule[],
  lastResort: LastResort,
  lenient: boolean,
): (facts: Facts) => boolean {
  if (lenient || lastResort.effect !== "deny" || lastResort.softened) return () => false;
  const candidates = indexRules(rules);
  return (facts) =>
    facts.operations.some((operation) =>
      candidates({ facts, operation }).every(
        ({ mode, effect, softened }) => mode === "observe" || (effect === "deny" && !softened),
      ),
    );
}
