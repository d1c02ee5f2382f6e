import type { NonEmpty } from "../base/non-empty.ts";
import type { Decision } from "../core/decision.ts";
import type { Facts } from "../core/facts.ts";
import type { RuleId } from "../core/ids.ts";
import type { Problem } from "../yaml/problem.ts";
import type { Effect, Mode } from "./effect.ts";
import type { Explanation, Missing } from "./explain.ts";

export type { Vocabulary } from "./vocabulary.ts";

/** The law, bound and ready: it judges, and does nothing else. */
export interface Policy {
  /** SHA-256 of the policy's canonical form, in hex: the same for the same rules, however they are written down. */
  readonly digest: string;
  readonly rules: readonly RuleSummary[];
  /** What is allowed but probably not meant: rules that can never rule, rules that only observe. */
  readonly warnings: readonly Problem[];
  /**
   * What is to be done with a request. Total and pure: every request gets a decision, the same each time. For each
   * operation the first rule that matches rules; where whether it matches cannot be told, the request is refused.
   */
  evaluate(facts: Facts): Decision;
  /** Whether `evaluate` will refuse whatever else is learnt of these operations. Costs next to nothing. */
  forbids(facts: Facts): boolean;
  /**
   * Whether these operations could be let go, or put before a person, if they said the right things besides: what they
   * do not tell may be anything.
   */
  couldLet(facts: Facts): boolean;
  /** The same judgement with its reasons, one per operation; `missing` is what the facts lack, of a recording. */
  explain(facts: Facts, missing?: Missing): NonEmpty<Explanation>;
}

export interface RuleSummary {
  readonly id: RuleId;
  readonly effect: Effect;
  readonly mode: Mode;
  readonly file: string;
  readonly line: number;
}
