import type { BoundAction } from "../../src/core/decision.ts";
import type { Parts } from "../../src/gateway/parts.ts";

/** A policy whose one rule orders that action, whatever is asked. */
export function oneRule(action: BoundAction): ReturnType<Parts["policy"]> {
  return {
    digest: "test",
    rules: [],
    warnings: [],
    forbids: () => false,
    couldLet: () => true,
    explain: () => {
      throw new Error("not asked for");
    },
    evaluate: ({ operations: [first, ...rest] }) => {
      const ruling = (operation: typeof first) => ({
        operation,
        rule: "test" as never,
        actions: [action] as const,
        observed: [],
      });
      return { policyDigest: "test", rulings: [ruling(first), ...rest.map(ruling)] };
    },
  };
}
