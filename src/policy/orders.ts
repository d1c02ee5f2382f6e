import { isNonEmpty, type NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Action } from "../core/action.ts";
import type { BoundAction } from "../core/decision.ts";
import { refuse } from "../core/outcome.ts";
import type { RefusalCode } from "../core/refusal.ts";
import { check, valueAt } from "../yaml/check.ts";
import type { Path, YamlDocument } from "../yaml/document.ts";
import { didYouMean } from "../yaml/nearest.ts";
import type { Problem } from "../yaml/problem.ts";
import type { Effect } from "./effect.ts";

/** What a `then` comes to. */
export interface Orders {
  readonly effect: Effect;
  readonly actions: NonEmpty<BoundAction>;
}

/** Reads and binds the list of actions at that path, or tells everything that is wrong with it. */
export function bindOrders(
  document: YamlDocument,
  path: Path,
  actions: readonly Action[],
): Result<Orders, NonEmpty<Problem>> {
  const list = valueAt(document.value, path);
  const items = Array.isArray(list) ? list : [];
  const problems: Problem[] = [];
  const orders: Order[] = [];
  for (const [index, item] of items.entries()) {
    const order = bindOrder(document, [...path, index], item, actions);
    if (order.ok) orders.push(order.value);
    else problems.push(...order.error);
  }
  problems.push(...contradictions(document, path, orders));
  const bound = orders.map((order) => order.bound);
  if (isNonEmpty(problems)) return err(problems);
  if (!isNonEmpty(bound)) return err([document.problem(path, "must order at least one action")]);
  return ok({ effect: effectOf(orders), actions: bound });
}

interface Order {
  readonly action: Action;
  readonly bound: BoundAction;
}

function bindOrder(
  document: YamlDocument,
  path: Path,
  item: unknown,
  actions: readonly Action[],
): Result<Order, NonEmpty<Problem>> {
  const form = "an action is written as its name, or as { name: { … } }";
  const names = typeof item === "object" && item !== null ? Object.keys(item) : [item];
  const [name, second] = names;
  if (typeof name !== "string" || second !== undefined || Array.isArray(item))
    return err([document.problem(path, form)]);
  const action = actions.find((known) => known.name === name);
  if (action === undefined) {
    const known = actions.map((one) => one.name);
    return err([document.problem(path, `there is no action "${name}"${didYouMean(name, known)}`)]);
  }
  if (typeof item === "string") {
    const parsed = action.parameters.safeParse({});
    if (parsed.success) return ok({ action, bound: action.bind(parsed.data) });
    return err([document.problem(path, `${name} needs parameters: { ${name}: { … } }`)]);
  }
  const parameters = check(document, action.parameters, [...path, name]);
  return parameters.ok ? ok({ action, bound: action.bind(parameters.value) }) : parameters;
}

function contradictions(
  document: YamlDocument,
  path: Path,
  orders: readonly Order[],
): readonly Problem[] {
  const seen = new Set<string>();
  const problems = orders.flatMap(({ action: { name } }, index) => {
    const again = seen.has(name);
    seen.add(name);
    return again ? [document.problem([...path, index], `"${name}" is ordered twice`)] : [];
  });
  const effect = effectOf(orders);
  if (seen.has("allow") && effect !== "allow")
    problems.push(document.problem(path, `one rule cannot both allow and ${effect}`));
  return problems;
}

/** The strictest of what a rule orders. */
function effectOf(orders: readonly Order[]): Effect {
  if (orders.some(({ action }) => action.kind === "refuses")) return "deny";
  return orders.some(({ bound }) => bound.stage === "wait") ? "approve" : "allow";
}

/** A refusal that policy itself orders. */
export function refusal(code: RefusalCode, message: string): NonEmpty<BoundAction> {
  const outcome = refuse(code, message);
  return [{ name: "deny", stage: "refuse", enforce: () => outcome }];
}
