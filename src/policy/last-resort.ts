import { isNonEmpty, type NonEmpty } from "../base/non-empty.ts";
import type { BoundAction } from "../core/decision.ts";
import type { RuleId } from "../core/ids.ts";
import { proceed } from "../core/outcome.ts";
import type { YamlDocument } from "../yaml/document.ts";
import type { Problem } from "../yaml/problem.ts";
import type { Effect, Mode } from "./effect.ts";
import { bindOrders, type Orders, refusal } from "./orders.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What is done where no rule rules. */
export interface LastResort {
  readonly actions: NonEmpty<BoundAction>;
  readonly effect: Effect;
  /** It orders more than is done, because the file only observes. */
  readonly softened: boolean;
}

/** The id that stands in the audit record where no rule ruled. */
export const otherwise = "otherwise" as RuleId;

const denial: Orders = { effect: "deny", actions: refusal("denied", "No rule allows this.") };
const letGo: NonEmpty<BoundAction> = [{ name: "allow", stage: "edit", enforce: () => proceed }];

/** Binds `otherwise` of that file; where there is none, it denies. */
export function lastResortOf(
  document: YamlDocument | undefined,
  vocabulary: Vocabulary,
  mode: Mode,
  tell: (problem: Problem) => void,
): LastResort {
  let orders = denial;
  if (document !== undefined) {
    const bound = bindOrders(document, ["otherwise"], vocabulary.actions);
    if (bound.ok) orders = bound.value;
    else bound.error.forEach(tell);
  }
  const { effect, actions } = orders;
  if (mode === "enforce") return { effect, actions, softened: false };
  const soft = actions.filter((action) => action.stage === "edit");
  return {
    effect,
    actions: isNonEmpty(soft) ? soft : letGo,
    softened: soft.length < actions.length,
  };
}
