import { RE2JS } from "re2js";
import type { Facts } from "../../core/facts.ts";
import type { Path } from "../../yaml/document.ts";
import { type Condition, undecidable, type Verdict } from "../condition.ts";
import type { BodyTest, When } from "../schema.ts";
import type { Scope } from "../scope.ts";
import { type Content, pointTo, readContent, texts } from "./content.ts";
import { bindScalars } from "./scalars.ts";

/** What the request's body holds, one condition per test. */
export function bodyConditions(scope: Scope, path: Path, when: When): readonly Condition[] {
  if (when.body === undefined) return [];
  const tests = Array.isArray(when.body) ? when.body : [when.body];
  return tests.map((test, index) => {
    const place = [...path, "body", ...(Array.isArray(when.body) ? [index] : [])];
    const holds = bindTest(scope, place, test);
    return {
      name: test.pointer === undefined ? "body" : `body ${test.pointer}`,
      reads: ["headers", "body"],
      test: ({ facts }) => judge(test, facts, holds),
      found: ({ facts }) => `a body of ${facts.body.length} bytes`,
    };
  });
}

function judge(test: BodyTest, facts: Facts, holds: (content: Content) => boolean): Verdict {
  if (facts.body.length > test.limit) return oversize(test);
  const coding = facts.head.fields.get("content-encoding") ?? "identity";
  if (coding.toLowerCase() !== "identity")
    return undecidable("The request's body is compressed and cannot be looked into.");
  const content = readContent(facts.body);
  if (content === undefined) return undecidable("The request's body is not UTF-8 text.");
  if (test.pointer === undefined) return holds(content);
  if (facts.body.length === 0) return false;
  if (content.kind !== "json") return undecidable("The request's body is not JSON.");
  const value = pointTo(content.value, test.pointer);
  return value !== undefined && holds({ kind: "json", value });
}

function oversize({ oversize: meaning }: BodyTest): Verdict {
  if (meaning === "deny")
    return undecidable("The request's body is larger than the rule looks into.");
  return meaning === "match";
}

function bindTest(scope: Scope, path: Path, test: BodyTest): (content: Content) => boolean {
  if (test.is !== undefined) {
    const matches = bindScalars(scope, [...path, "is"], test.is);
    return ({ value }) => matches(value);
  }
  const expression = test.pattern ?? wordList(test.words ?? []);
  const compiled = compile(expression);
  if (compiled === undefined) {
    scope.tell([...path, "pattern"], "must be an RE2 regular expression");
    return () => false;
  }
  return ({ value }) => texts(value).some((text) => compiled.test(text));
}

function compile(expression: string): RE2JS | undefined {
  try {
    return RE2JS.compile(expression);
  } catch {
    return undefined;
  }
}

/** Words stand alone: no letter, digit or `_` before or after. */
function wordList(words: string | readonly string[]): string {
  const list = typeof words === "string" ? [words] : words;
  const escaped = list.map((word) => RE2JS.quote(word));
  return `(?i)(?:^|[^\\pL\\pN_])(?:${escaped.join("|")})(?:$|[^\\pL\\pN_])`;
}
