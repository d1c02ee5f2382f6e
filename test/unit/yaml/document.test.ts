import { expect, test } from "vitest";
import { z } from "zod";
import { check } from "../../../src/yaml/check.ts";
import { readDocument } from "../../../src/yaml/document.ts";
import { nearest } from "../../../src/yaml/nearest.ts";
import { formatProblem } from "../../../src/yaml/problem.ts";
import { duration, size } from "../../../src/yaml/quantity.ts";

function problems(text: string, schema: z.ZodType = z.unknown()): readonly string[] {
  const document = readDocument("f.yaml", text);
  if (!document.ok) return document.error.map(formatProblem);
  const checked = check(document.value, schema);
  return checked.ok ? [] : checked.error.map(formatProblem);
}

test.each([
  ["a key twice", "a: 1\na: 2\n", ["f.yaml:2:1: Map keys must be unique"]],
  ["two documents", "a: 1\n---\nb: 2\n", ["f.yaml:2:1: a second document in one file"]],
  [
    "an unknown tag",
    "a: !!js/function x\n",
    [expect.stringMatching(/^f\.yaml:1:4: Unresolved tag/)],
  ],
  [
    "an alias of nothing",
    "a: *b\n",
    ["f.yaml:1:4: an alias of an anchor that is not set above it"],
  ],
])("%s is an error", (_, text, expected) => {
  expect(problems(text)).toEqual(expected);
});

test("anchors that multiply are refused before they fill the memory", () => {
  const levels = "bcdefghij".split("");
  let text = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  let last = "a";
  for (const level of levels) {
    text += `${level}: &${level} [${Array(9).fill(`*${last}`).join(", ")}]\n`;
    last = level;
  }
  expect(problems(text)).toEqual([expect.stringMatching(/alias/)]);
});

test("a problem below an alias points at where it is written", () => {
  const schema = z.strictObject({ a: z.strictObject({ n: z.string() }), b: z.unknown() });
  expect(problems("b: &x { n: 1 }\na: *x\n", schema)).toEqual([
    "f.yaml:1:12: expected text: put it in quotes",
  ]);
});

test("an empty file, a list and a scalar are not a map", () => {
  const schema = z.strictObject({ a: z.string() });
  expect(problems("", schema)).toHaveLength(1);
  expect(problems("- a\n", schema)).toEqual([
    "f.yaml:1:1: expected a map of keys and values, found a list",
  ]);
  expect(problems("x\n", schema)).toEqual([
    "f.yaml:1:1: expected a map of keys and values, found text",
  ]);
});

test("keys of the prototype are unknown keys like any other", () => {
  const schema = z.strictObject({ a: z.string().optional() });
  expect(problems("constructor: 1\n", schema)).toEqual(['f.yaml:1:1: unknown key "constructor"']);
  expect(problems("__proto__: { a: x }\n", schema)).toEqual([
    'f.yaml:1:1: unknown key "__proto__"',
  ]);
});

test("the nearest name is one that could have been meant", () => {
  const known = ["repository.create", "repository.delete", "push", "read"];
  expect(nearest("repositroy.create", known)).toBe("repository.create");
  expect(nearest("psuh", known)).toBe("push");
  expect(nearest("xyz", known)).toBeUndefined();
});

test("times and sizes are read as milliseconds and bytes, and zero or nonsense is refused", () => {
  expect(duration.parse("90s")).toBe(90_000);
  expect(duration.parse("250ms")).toBe(250);
  expect(size.parse("32MiB")).toBe(33_554_432);
  for (const bad of ["0s", "10", "1.5h", "-1s", "10 m", "400d", ""])
    expect(duration.safeParse(bad).success, bad).toBe(false);
});
