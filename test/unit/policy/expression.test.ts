import { expect, test } from "vitest";
import type { Facts } from "../../../src/core/facts.ts";
import { anOperation, someFacts } from "../../support/facts.ts";
import { type Fate, fate, withAttributes } from "./fate.ts";

test.each<[string, string, Facts, Fate]>([
  ["equality", 'operation.name == "repository.read"', someFacts(), "matches"],
  [
    "a list",
    'operation.attributes.paths.all(p, p.startsWith("docs/"))',
    withAttributes({ paths: ["docs/a"] }),
    "matches",
  ],
  ["a key that is not there", 'operation.attributes.ref == "x"', someFacts(), "in doubt"],
  [
    "a key that might be there",
    'has(operation.attributes.ref) && operation.attributes.ref == "x"',
    someFacts(),
    "misses",
  ],
  [
    "a number",
    "operation.attributes.n > 3 && operation.attributes.n < 5.5",
    withAttributes({ n: 4 }),
    "matches",
  ],
  ["a run", 'principal.run.ref == "refs/heads/main"', someFacts(), "in doubt"],
  [
    "a header",
    'request.headers["x-a"].exists(v, v == "1")',
    someFacts({ headers: { "x-a": "1" } }),
    "matches",
  ],
  [
    "the path without its query",
    'request.path == "/repos/acme/app" && request.method == "GET"',
    someFacts(),
    "matches",
  ],
  [
    "time",
    'request.time.getDayOfWeek("Europe/Berlin") == 3 && request.time.getHours("Europe/Berlin") == 12',
    someFacts(),
    "matches",
  ],
  ["a macro", "night", someFacts({ at: "2026-06-03T05:00:00Z" }), "matches"],
  ["a macro and more", "!night && request.size == 3", someFacts({ body: "abc" }), "matches"],
  ["a list of the policy", '"main" in lists.main', someFacts(), "matches"],
  ["a pattern", 'operation.resource.matches("^github[.]com/(a|b)")', someFacts(), "matches"],
  [
    "two patterns with a comment",
    'operation.resource.matches("^x") || // matches\n principal.id . matches ("acme")',
    someFacts(),
    "matches",
  ],
  [
    "a pattern that would run away",
    'operation.attributes.t.matches("^(a+)+$")',
    withAttributes({ t: `${"a".repeat(4_000)}!` }),
    "misses",
  ],
  [
    "a fact beyond the bounds",
    'operation.attributes.t == "x"',
    withAttributes({ t: "a".repeat(4_097) }),
    "in doubt",
  ],
  [
    "many facts beyond the bounds",
    'principal.id == "x"',
    someFacts({ principal: { groups: Array(257).fill("g") } }),
    "in doubt",
  ],
  [
    "what was not asked for is not looked at",
    'session == "session"',
    someFacts({ principal: { groups: Array(257).fill("g") } }),
    "matches",
  ],
])("if: %s", (_, expression, facts, expected) => {
  expect(fate(`if: ${JSON.stringify(expression)}`, facts)).toBe(expected);
});

test.each([
  ["a type that is no truth value", "1 + 1", /must come to true or false/],
  ["an unknown variable", 'princpal.id == "x"', /Unknown variable: princpal/],
  [
    "a function that grows values",
    "operation.attributes.l.map(x, x + x).size() > 1",
    /map\(\) is not available/,
  ],
  ["a binding", "cel.bind(a, session, a + a) == session", /bind\(\) is not available/],
  [
    "text taken apart and put together",
    'session.split("").join(session) == session',
    /not available/,
  ],
  [
    "loops in loops",
    "principal.groups.all(a, principal.groups.all(b, a == b))",
    /could take [0-9]+ steps/,
  ],
  ["a pattern that is computed", "session.matches(session)", /written out/],
  ["a pattern that is not RE2", 'session.matches("(?=a)")', /RE2/],
  ["too many nodes", Array(200).fill("true").join(" && "), /maxAstNodes/],
  ["too deep", `${"(".repeat(200)}true${")".repeat(200)}`, /depth|deep/i],
])("an expression with %s is refused when it is loaded", (_, expression, complaint) => {
  expect(() => fate(`if: ${JSON.stringify(expression)}`, someFacts())).toThrow(complaint);
});

test.each<[string, Fate]>([
  ['operation.attributes.branch == "main"', "in doubt"],
  ['has(operation.attributes.branch) && operation.name == "repository.read"', "in doubt"],
  ['operation.attributes["branch"] != "x"', "in doubt"],
  ["operation.attributes.size() > 0", "in doubt"],
  ['operation.attributes[session] == "x"', "in doubt"],
  ['operation.attributes.tag == "v1" && operation.resource != ""', "matches"],
])("an expression that looks at what is not told in full: %s", (expression, expected) => {
  const attributes = { branch: "HEAD", tag: "v1" };
  const operations = [anOperation({ attributes, unknown: ["branch"] })];
  expect(fate(`if: ${JSON.stringify(expression)}`, someFacts({ operations }))).toBe(expected);
});
