import type { Environment, ParseResult } from "@marcbachmann/cel-js";
import { err, ok, type Result } from "../../base/result.ts";
import {
  type Condition,
  type Part,
  type Subject,
  undecidable,
  type Verdict,
} from "../condition.ts";
import {
  attributesUsed,
  type Complaint,
  complaints,
  fields,
  methodCalls,
  names,
} from "./bounds.ts";
import { linearMatches } from "./environment.ts";
import { context, TooLarge } from "./facts.ts";

type Lists = Readonly<Record<string, readonly string[]>>;

/** A truth value over the facts: typed, and bounded in what it can cost. */
export interface Expression {
  /** The variables and macros that it names. */
  readonly names: ReadonlySet<string>;
  readonly reads: readonly Part[];
  /** The attributes that it looks at; undefined: any. */
  readonly attributes: ReadonlySet<string> | undefined;
  /** Throws where it cannot be told: a key that is not there, a fact larger than the bounds. */
  evaluate(values: Readonly<Record<string, unknown>>): boolean;
}

/** Parses, bounds and type-checks an expression; it must come to a truth value. */
export function compile(env: Environment, text: string): Result<Expression, readonly Complaint[]> {
  const parsed = parse(env, text);
  if (!parsed.ok) return err([parsed.error]);
  const found = complaints(parsed.value.ast);
  if (found.length > 0) return err(found);
  // To check a tree rewrites it, so it is looked over before.
  const used = names(parsed.value.ast);
  const reads = partsOf(parsed.value.ast);
  const attributes = attributesUsed(parsed.value.ast);
  const checked = parsed.value.check();
  if (!checked.valid) return err([complaint(checked.error)]);
  if (checked.type !== "bool") return err([{ start: 0, message: "must come to true or false" }]);
  return ok({
    names: used,
    reads,
    attributes,
    evaluate: (values) => {
      const value: unknown = parsed.value({ ...values });
      if (typeof value !== "boolean") throw new TypeError("not a truth value");
      return value;
    },
  });
}

/** An expression and the macros that it names, as a rule's condition. */
export function expressionCondition(
  expression: Expression,
  macros: ReadonlyMap<string, Expression>,
  lists: Lists,
): Condition {
  const named = [...macros].filter(([name]) => expression.names.has(name));
  const used = new Set(
    [expression, ...named.map(([, macro]) => macro)].flatMap((e) => [...e.names]),
  );
  return {
    name: "if",
    reads: [expression, ...named.map(([, macro]) => macro)].flatMap((one) => one.reads),
    test: (subject) => judge(subject, expression, named, used, lists),
    found: () => "false",
  };
}

function judge(
  subject: Subject,
  expression: Expression,
  macros: readonly (readonly [string, Expression])[],
  used: ReadonlySet<string>,
  lists: Lists,
): Verdict {
  const parts = [expression, ...macros.map(([, macro]) => macro)];
  if (subject.operation.unknown?.some((name) => looksAt(parts, name)))
    return undecidable("The rule's condition looks at what could not be told of this request.");
  try {
    const values = context(subject, used, lists);
    for (const [name, macro] of macros) values[name] = macro.evaluate(values);
    return expression.evaluate(values);
  } catch (error) {
    if (error instanceof TooLarge)
      return undecidable("The request is larger than the rule's condition looks into.");
    return undecidable("The rule's condition cannot be told for this request.");
  }
}

function looksAt(expressions: readonly Expression[], attribute: string): boolean {
  return expressions.some(
    ({ attributes }) => attributes === undefined || attributes.has(attribute),
  );
}

/** What an expression looks at that recordings may lack; a variable used whole is looked at whole. */
function partsOf(ast: ParseResult["ast"]): readonly Part[] {
  const used = fields(ast);
  const principal = used.has("principal.claims") ? (["claims"] as const) : [];
  const headers = used.has("request.headers") ? (["headers"] as const) : [];
  const body = used.has("request.size") ? (["body"] as const) : [];
  return [...principal, ...headers, ...body];
}

/** CEL's `matches` is run by an engine that takes linear time: its name is exchanged where it is called. */
function parse(env: Environment, text: string): Result<ParseResult, Complaint> {
  try {
    let source = text;
    for (const call of methodCalls(env.parse(text).ast, "matches")) {
      const [, receiver] = call.args as unknown as readonly [string, { readonly end: number }];
      const at = source.indexOf("matches", receiver.end);
      source = source.slice(0, at) + linearMatches + source.slice(at + linearMatches.length);
    }
    return ok(env.parse(source));
  } catch (error) {
    return err(complaint(error));
  }
}

function complaint(error: unknown): Complaint {
  const { summary, message, range } = error as {
    readonly summary?: string;
    readonly message?: string;
    readonly range?: { readonly start: number };
  };
  const [text = "cannot be read"] = (summary ?? message ?? "cannot be read").split("\n");
  return { start: range?.start ?? 0, message: text.replaceAll(linearMatches, "matches") };
}
