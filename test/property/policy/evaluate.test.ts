import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import type { Facts } from "../../../src/core/facts.ts";
import { parsePolicy } from "../../../src/policy/parse.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import { formatProblem } from "../../../src/yaml/problem.ts";
import { someFacts } from "../../support/facts.ts";
import { paperActions } from "../../support/paper-actions.ts";

const vocabulary = { actions: paperActions() };
const names = ["push", "repository.create", "repository.read", "contents.write", "model.call"];
const words = fc.constantFrom(
  "a",
  "main",
  "docs/a",
  "docs/a/b",
  "x y",
  "",
  "*",
  "**",
  "refs/heads/main",
);
const globs = fc.constantFrom(
  "a",
  "main",
  "docs/*",
  "docs/**",
  "**",
  "*",
  "*/*",
  "r*m**n",
  "@list",
);
const patterns = fc.oneof(globs, fc.uniqueArray(globs, { minLength: 1, maxLength: 3 }));
const scalars = fc.oneof(globs, fc.integer({ min: 0, max: 2 }), fc.boolean());
const attribute = fc.oneof(scalars, fc.record({ none: scalars }), fc.record({ every: scalars }));

const when = fc.record(
  {
    operation: fc.constantFrom("push", "repository.*", "**", ["push", "model.call"]),
    access: fc.constantFrom("read", "write"),
    connection: fc.constantFrom("github-api", "github-*"),
    resource: patterns,
    attributes: fc.dictionary(fc.constantFrom("a", "b", "__proto__", "paths"), attribute, {
      maxKeys: 2,
    }),
    principal: fc.record({ groups: patterns, issuer: patterns }, { requiredKeys: [] }),
    headers: fc.dictionary(fc.constantFrom("x-a", "X-B"), patterns, { maxKeys: 1 }),
    size: fc.constantFrom({ over: "1B" }, { upTo: "8B" }),
    time: fc.constantFrom(
      { from: "22:00", to: "06:00", zone: "Asia/Tokyo" },
      { days: ["mon", "tue"] },
    ),
    body: fc.constantFrom(
      { words: ["a", "main"] },
      { pointer: "/a/0", is: "x" },
      { pattern: "a+b", limit: "4B", oversize: "miss" },
    ),
  },
  { requiredKeys: [] },
);

const then = fc.constantFrom(
  ["allow"],
  [{ deny: {} }],
  [{ approve: { by: "group:x" } }, "inject"],
  ["mask", "record"],
);
const conditions = fc.constantFrom(
  'operation.attributes.a == "main"',
  'has(operation.attributes.paths) && operation.attributes.paths.exists(p, p.matches("^d+"))',
  'principal.groups.all(g, g in lists.list) && request.headers["x-a"].size() > 0',
  "request.time.getHours() < 12 && request.size % 2 == 0",
);

const rule = fc.record(
  { when, unless: when, if: conditions, mode: fc.constantFrom("observe", "enforce"), then },
  { requiredKeys: ["then"] },
);

const policies = fc
  .record({ mode: fc.constantFrom("enforce", "observe"), rules: fc.array(rule, { maxLength: 8 }) })
  .map(({ mode, rules }) => ({
    mode,
    lists: { list: ["main", "docs/**"] },
    rules: rules.map((one, index) => ({ id: `r${index}`, ...withoutEmpty(one) })),
  }));

function withoutEmpty<T extends { unless?: object }>(one: T): T | Omit<T, "unless"> {
  if (one.unless === undefined || Object.keys(one.unless).length > 0) return one;
  const { unless: _, ...rest } = one;
  return rest;
}

const operation = fc.record({
  protocol: words,
  name: fc.oneof(fc.constantFrom(...names), fc.string()),
  access: fc.constantFrom("read" as const, "write" as const),
  resource: fc.oneof(words, fc.string()),
  attributes: fc.dictionary(
    fc.oneof(fc.constantFrom("a", "b", "paths", "__proto__"), fc.string()),
    fc.oneof(words, fc.double(), fc.boolean(), fc.array(words, { maxLength: 3 })),
    { maxKeys: 4 },
  ),
});

const facts: fc.Arbitrary<Facts> = fc
  .record({
    operations: fc.array(operation, { minLength: 1, maxLength: 4 }),
    principal: fc.record({
      groups: fc.array(words, { maxLength: 3 }),
      issuer: words,
      claims: fc.object(),
    }),
    connection: fc.constantFrom("github-api", "github-git", "copilot"),
    at: fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date("2100-01-01") })
      .map((date) => date.toISOString()),
    headers: fc.dictionary(
      fc.constantFrom("x-a", "x-b", "content-length", "content-encoding"),
      words,
    ),
    body: fc.oneof(fc.json(), fc.string(), fc.uint8Array({ maxLength: 40 })),
  })
  .map(someFacts);

function load(text: string): Policy {
  const policy = parsePolicy([{ file: "p.yaml", text }], new Map(), vocabulary);
  if (!policy.ok) throw new Error(`${policy.error.map(formatProblem).join("\n")}\n${text}`);
  return policy.value;
}

const told = (policy: Policy, given: Facts) =>
  policy.evaluate(given).rulings.map(({ rule: id, actions, observed, operation: one }) => ({
    id,
    actions: actions.map((action) => `${action.stage}:${action.name}`),
    observed,
    resource: one.resource,
  }));

/** The same value with the members of every map in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, one]) => [key, shuffled(one)]),
  );
}

test("every request gets a decision, one ruling per operation, the same each time", () => {
  fc.assert(
    fc.property(policies, facts, (written, given) => {
      const policy = load(stringify(written));
      const decision = told(policy, given);
      expect(decision).toHaveLength(given.operations.length);
      for (const ruling of decision) expect(ruling.actions.length).toBeGreaterThan(0);
      expect(told(policy, given)).toEqual(decision);
      expect(told(load(stringify(written)), given)).toEqual(decision);
    }),
    { numRuns: 60 },
  );
});

test("the order of keys changes neither digest nor decision", () => {
  fc.assert(
    fc.property(policies, facts, (written, given) => {
      const policy = load(stringify(written));
      const other = load(stringify(shuffled(written)));
      expect(other.digest).toBe(policy.digest);
      expect(told(other, given)).toEqual(told(policy, given));
    }),
    { numRuns: 40 },
  );
});

test("the index finds what trying every rule in turn finds, and the explanation tells the same", () => {
  fc.assert(
    fc.property(policies, fc.array(facts, { minLength: 1, maxLength: 5 }), (written, several) => {
      const policy = load(stringify(written));
      for (const given of several) {
        const explained = policy.explain(given).map(({ rule: id, actions }) => [id, actions]);
        const ruled = policy
          .evaluate(given)
          .rulings.map(({ rule: id, actions }) => [id, actions.map(({ name }) => name)]);
        expect(explained).toEqual(ruled);
      }
    }),
    { numRuns: 40 },
  );
});

test("a file that observes never refuses and never waits, and what it notes is what enforcing would order", () => {
  fc.assert(
    fc.property(policies, facts, (written, given) => {
      const observing = load(stringify({ ...written, mode: "observe" }));
      for (const { actions } of told(observing, given))
        for (const action of actions) expect(action).toMatch(/^edit:/);
    }),
    { numRuns: 40 },
  );
});

test("a policy is either loaded or every mistake in it is told at a place, whatever the text", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.anything().map((value) => JSON.stringify(value) ?? ""),
      ),
      (text) => {
        const policy = parsePolicy([{ file: "p.yaml", text }], new Map(), vocabulary);
        if (policy.ok) return;
        for (const { line, column } of policy.error) {
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("no rules at all is a denial", () => {
  fc.assert(
    fc.property(facts, (given) => {
      for (const { id, actions } of told(load("rules: []"), given))
        expect([id, actions]).toEqual(["otherwise", ["refuse:deny"]]);
    }),
  );
});
