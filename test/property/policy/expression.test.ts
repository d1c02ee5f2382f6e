import fc from "fast-check";
import { expect, test } from "vitest";
import { longestText, mostItems } from "../../../src/policy/expression/bounds.ts";
import { compile, expressionCondition } from "../../../src/policy/expression/compile.ts";
import { environment } from "../../../src/policy/expression/environment.ts";
import { anOperation, someFacts } from "../../support/facts.ts";

const env = environment([]);
const atoms = fc.constantFrom(
  "principal.groups",
  "operation.attributes.paths",
  "operation.attributes",
  "principal.claims",
  "session",
  "x",
  "y",
  "1",
  '"a"',
  "true",
  "[1, 2, 3]",
  "lists.main",
);

const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 6 },
    atoms,
    fc
      .tuple(
        tie("expression"),
        fc.constantFrom("+", "*", "&&", "||", "==", "in", "<"),
        tie("expression"),
      )
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc
      .tuple(
        tie("expression"),
        fc.constantFrom("all", "exists", "exists_one", "filter", "map"),
        fc.constantFrom("x", "y"),
        tie("expression"),
      )
      .map(([a, name, variable, b]) => `${a}.${name}(${variable}, ${b})`),
    fc
      .tuple(
        tie("expression"),
        fc.constantFrom("matches", "contains", "startsWith", "split", "join"),
        tie("expression"),
      )
      .map(([a, name, b]) => `${a}.${name}(${b})`),
    fc
      .tuple(tie("expression"), tie("expression"), tie("expression"))
      .map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `cel.bind(x, ${a}, ${b})`),
    tie("expression").map((a) => `size(${a})`),
  ),
}));

/** As large as facts can be without being too large to be looked at. */
const largest = someFacts({
  principal: { groups: Array.from({ length: mostItems }, (_, index) => `team-${index}`) },
  operations: [
    anOperation({
      attributes: {
        paths: Array.from({ length: mostItems }, (_, i) => `docs/${i}`.padEnd(200, "a")),
      },
    }),
  ],
});
const subject = { facts: largest, operation: largest.operations[0] };
const lists = { main: ["main", "a"] };

function costOf(text: string): number | undefined {
  const compiled = compile(env, text);
  if (!compiled.ok) return undefined;
  const condition = expressionCondition(compiled.value, new Map(), lists);
  const before = process.cpuUsage();
  const verdict = condition.test(subject);
  const { user, system } = process.cpuUsage(before);
  expect(typeof verdict === "boolean" || verdict.kind === "undecidable").toBe(true);
  return (user + system) / 1_000;
}

test("any text is either refused with a place in it, or answers the largest facts in bounded time", () => {
  fc.assert(
    fc.property(fc.oneof(expression, fc.string()), (text) => {
      const compiled = compile(env, text);
      if (compiled.ok) expect(costOf(text)).toBeLessThan(1_000);
      else for (const { start } of compiled.error) expect(start).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 400 },
  );
});

test.each([
  "principal.groups.all(g, operation.attributes.paths.all(p, p != g))",
  "principal.groups.all(g, principal.groups.all(h, principal.groups.all(i, g + h != i)))",
  Array(40).fill('principal.groups.exists(g, g == "x")').join(" || "),
])("what could take too many steps is refused when it is loaded: %s", (text) => {
  expect(costOf(text)).toBeUndefined();
});

test.each([
  'principal.groups.all(g, !g.matches("(a+)+$"))',
  'operation.attributes.paths.all(p, !p.matches("^(docs|(a|aa)+)+b$"))',
  `principal.groups.all(g, g != "${"x".repeat(longestText)}")`,
])("what is let through is quick on the largest facts: %s", (text) => {
  expect(costOf(text)).toBeLessThan(1_000);
});
