import { isNonEmpty } from "../base/non-empty.ts";
import type { RuleId } from "../core/ids.ts";
import type { Path, YamlDocument } from "../yaml/document.ts";
import { didYouMean } from "../yaml/nearest.ts";
import type { Problem } from "../yaml/problem.ts";
import type { Condition } from "./condition.ts";
import { attributeConditions } from "./conditions/attributes.ts";
import { bodyConditions } from "./conditions/body.ts";
import { placeConditions, resourceConditions } from "./conditions/place.ts";
import { principalConditions } from "./conditions/principal.ts";
import { requestConditions } from "./conditions/request.ts";
import { timeConditions } from "./conditions/time.ts";
import { digestOf } from "./digest.ts";
import type { Mode } from "./effect.ts";
import { compile, expressionCondition } from "./expression/compile.ts";
import { bindOrders, type Orders } from "./orders.ts";
import { glob } from "./pattern.ts";
import { type BoundRule, boundRule } from "./rule.ts";
import type { Rule, When } from "./schema.ts";
import { type Scope, spell } from "./scope.ts";
import type { Vocabulary } from "./vocabulary.ts";
import type { Words } from "./words.ts";

/** Where a rule is bound: its file, the words that it may use, and what the whole file says. */
export interface Binding {
  readonly document: YamlDocument;
  readonly vocabulary: Vocabulary;
  readonly words: Words;
  readonly mode: Mode;
  tell(problem: Problem): void;
}

/** Binds the rule at that path; what is wrong with it is told, and then there is none. */
export function bindRule(
  binding: Binding,
  path: Path,
  rule: Rule,
  prefix: string,
): BoundRule | undefined {
  const { document, vocabulary, words } = binding;
  const orders = bindOrders(document, [...path, "then"], vocabulary.actions);
  if (!orders.ok) for (const problem of orders.error) binding.tell(problem);
  const strict = orders.ok && orders.value.effect !== "allow";
  const scope: Scope = {
    lists: words.lists,
    reading: strict ? "some" : "every",
    tell: (place, message) => binding.tell(document.problem(place, message)),
  };
  const when = [...path, "when"];
  checkWords(scope, when, rule.when, vocabulary);
  const place = placeConditions(scope, when, rule.when);
  const rest = [
    ...restOf(scope, when, rule.when),
    ...exception(scope, path, rule.unless, vocabulary),
    ...condition(scope, path, rule.if, words),
  ];
  if (!orders.ok) return undefined;
  const { file, line, column } = document.problemWithKey(path, "");
  const narrowed = rule.unless !== undefined || rule.if !== undefined;
  return boundRule(
    {
      id: `${prefix}${rule.id}` as RuleId,
      ...soften(orders.value, rule.mode, binding.mode),
      place,
      digest: digestOf(rule),
      source: { file, line, column, when: rule.when, narrowed },
    },
    rest,
  );
}

/** In a file that only observes, a rule does what neither refuses nor waits; one that does nothing else is only noted. */
function soften(
  { effect, actions }: Orders,
  own: Mode,
  whole: Mode,
): Pick<BoundRule, "mode" | "effect" | "actions" | "softened"> {
  const soft = actions.filter((action) => action.stage === "edit");
  if (own === "observe" || (whole === "observe" && !isNonEmpty(soft)))
    return { mode: "observe", effect, actions, softened: false };
  if (whole === "enforce" || !isNonEmpty(soft))
    return { mode: "enforce", effect, actions, softened: false };
  return { mode: "enforce", effect, actions: soft, softened: soft.length < actions.length };
}

function restOf(scope: Scope, path: Path, when: When): readonly Condition[] {
  return [
    ...resourceConditions(scope, path, when),
    ...attributeConditions(scope, path, when),
    ...principalConditions(scope, path, when),
    ...requestConditions(scope, path, when),
    ...timeConditions(when),
    ...bodyConditions(scope, path, when),
  ];
}

/** `unless` turns the meaning around, and so which reading is the strict one. */
function exception(
  scope: Scope,
  path: Path,
  unless: When | undefined,
  vocabulary: Vocabulary,
): readonly Condition[] {
  if (unless === undefined) return [];
  const turned: Scope = { ...scope, reading: scope.reading === "some" ? "every" : "some" };
  const place = [...path, "unless"];
  checkWords(turned, place, unless, vocabulary);
  const conditions = [...placeConditions(turned, place, unless), ...restOf(turned, place, unless)];
  if (!isNonEmpty(conditions)) scope.tell(place, "must hold at least one condition");
  return [
    {
      name: "unless",
      reads: conditions.flatMap(({ reads = [] }) => reads),
      test: (subject) => {
        const verdicts = conditions.map((one) => one.test(subject));
        if (verdicts.includes(false)) return true;
        return verdicts.find((verdict) => typeof verdict === "object") ?? false;
      },
      found: () => "all of it",
    },
  ];
}

function condition(
  scope: Scope,
  path: Path,
  text: string | undefined,
  words: Words,
): readonly Condition[] {
  if (text === undefined) return [];
  const compiled = compile(words.environment, text);
  if (compiled.ok)
    return [expressionCondition(compiled.value, words.macros, Object.fromEntries(words.lists))];
  for (const { start, message } of compiled.error)
    scope.tell([...path, "if"], `at character ${start + 1}: ${message}`);
  return [];
}

/** Names that nothing in this house has are mistakes: a rule about them would never match. */
function checkWords(scope: Scope, path: Path, when: When, vocabulary: Vocabulary): void {
  const known = [
    ["operation", when.operation, vocabulary.operations],
    ["protocol", when.protocol, vocabulary.protocols],
    ["connection", when.connection, vocabulary.connections],
    ["principal.issuer", when.principal?.issuer, vocabulary.issuers],
  ] as const;
  for (const [noun, patterns, names] of known) {
    if (patterns === undefined || names === undefined) continue;
    const place = [...path, ...noun.split(".")];
    // What an unknown list stands for is told where the pattern itself is bound.
    for (const text of spell({ ...scope, tell: () => {} }, place, patterns)) {
      if (names.some(glob(text))) continue;
      const what = noun.split(".").at(-1);
      scope.tell(place, `there is no ${what} "${text}"${didYouMean(text, names)}`);
    }
  }
}
