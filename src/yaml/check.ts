import type { ZodType, z } from "zod";
import { isNonEmpty, type NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Path, YamlDocument } from "./document.ts";
import { knownKeys } from "./keys.ts";
import { didYouMean } from "./nearest.ts";
import type { Problem } from "./problem.ts";

/** Checks the part of a document at `at` against a schema: the value, or every problem with its place. */
export function check<S extends ZodType>(
  document: YamlDocument,
  schema: S,
  at: Path = [],
): Result<z.output<S>, NonEmpty<Problem>> {
  const value = valueAt(document.value, at);
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const problems = parsed.error.issues.flatMap((issue) =>
    explain({ document, schema, at, value }, issue, []),
  );
  return isNonEmpty(problems)
    ? err(problems)
    : err([document.problem(at, "this is not what is expected here")]);
}

/** What stands at that path of a plain value, undefined where nothing does. */
export function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const segment of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, segment))
      return undefined;
    current = (current as Record<PropertyKey, unknown>)[segment];
  }
  return current;
}

type Issue = z.core.$ZodIssue;

interface Checked {
  readonly document: YamlDocument;
  readonly schema: ZodType;
  readonly at: Path;
  readonly value: unknown;
}

function explain(checked: Checked, issue: Issue, outer: Path): readonly Problem[] {
  const { document, at } = checked;
  const path = [...outer, ...issue.path];
  const full = [...at, ...path];
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(checked.schema, path);
    return issue.keys.map((key) =>
      document.problemWithKey([...full, key], `unknown key "${key}"${didYouMean(key, known)}`),
    );
  }
  if (issue.code === "invalid_union") {
    const branch = closest(issue.errors);
    if (branch !== undefined) return branch.flatMap((inner) => explain(checked, inner, path));
  }
  const value = valueAt(checked.value, path);
  const missing = value === undefined && path.length > 0;
  if (missing) return [document.problem(full.slice(0, -1), `"${String(full.at(-1))}" is missing`)];
  return [document.problem(full, sentence(issue, value))];
}

/** Of a union's branches, the one that came furthest: its first complaint lies deepest, then the fewest complaints. */
function closest(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const depth = (issues: readonly Issue[]) => Math.max(0, ...issues.map((i) => i.path.length));
  return [...branches].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0];
}

function sentence(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return expected(issue.expected, value);
    case "invalid_value": {
      const values = issue.values.map(String);
      const guess = typeof value === "string" ? didYouMean(value, values) : "";
      return `must be ${values.length > 1 ? "one of " : ""}${values.join(", ")}${guess}`;
    }
    case "invalid_union":
      return "this is none of the forms that are known here";
    default:
      return issue.message;
  }
}

const nouns: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map of keys and values",
  record: "a map of keys and values",
};

function expected(type: string, value: unknown): string {
  const noun = nouns[type] ?? type;
  const scalar = typeof value === "number" || typeof value === "boolean";
  if (type === "string" && scalar) return `expected ${noun}: put it in quotes`;
  return `expected ${noun}, found ${kindOf(value)}`;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  return nouns[typeof value] ?? typeof value;
}
