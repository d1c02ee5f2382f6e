import type { NonEmpty } from "../base/non-empty.ts";
import type { BoundAction } from "../core/decision.ts";
import type { RuleId } from "../core/ids.ts";
import { all, type Condition, type Subject, type Verdict } from "./condition.ts";
import type { Effect, Mode } from "./effect.ts";
import type { When } from "./schema.ts";

/** A rule, bound: it can be asked, and what it orders can be run. */
export interface BoundRule {
  readonly id: RuleId;
  readonly mode: Mode;
  readonly effect: Effect;
  /** What is done where it rules. */
  readonly actions: NonEmpty<BoundAction>;
  /** It orders more than is done, because the file only observes. */
  readonly softened: boolean;
  /** What depends on protocol, operation, access and connection alone: rules are indexed by these. */
  readonly place: readonly Condition[];
  /** All that must hold, `place` included. */
  readonly conditions: readonly Condition[];
  test(subject: Subject): Verdict;
  /** Asks for the rest, where `place` holds already. */
  testRest(subject: Subject): Verdict;
  /** SHA-256 of what was written, in hex: an approval given under other words is not one under these. */
  readonly digest: string;
  readonly source: RuleSource;
}

/** What was written, for warnings and summaries. */
export interface RuleSource {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly when: When;
  /** It asks for more than `when` does: `unless`, `if`. */
  readonly narrowed: boolean;
}

export function boundRule(
  rule: Omit<BoundRule, "conditions" | "test" | "testRest">,
  rest: readonly Condition[],
): BoundRule {
  const conditions = [...rule.place, ...rest];
  return {
    ...rule,
    conditions,
    test: (subject) => all(conditions, subject),
    testRest: (subject) => all(rest, subject),
  };
}
