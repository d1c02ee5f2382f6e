import { expect, test } from "vitest";
import type { Facts } from "../../../src/core/facts.ts";
import { anOperation, someFacts } from "../../support/facts.ts";
import { type Fate, fate, withAttributes } from "./fate.ts";

test.each<[string, string, Facts, Fate]>([
  ["a resource in another case", "when: { resource: github.com/Acme/* }", someFacts(), "matches"],
  ["a resource one level deeper", "when: { resource: github.com/* }", someFacts(), "misses"],
  ["a resource at any depth", "when: { resource: 'github.com/**' }", someFacts(), "matches"],
  [
    "one of several resources",
    "when: { resource: [x, github.com/acme/app] }",
    someFacts(),
    "matches",
  ],
  ["an operation family", "when: { operation: repository.* }", someFacts(), "matches"],
  ["an operation in another case", "when: { operation: Repository.read }", someFacts(), "misses"],
  ["another connection", "when: { connection: github-git }", someFacts(), "misses"],
  ["an attribute that is not there", "when: { attributes: { ref: '**' } }", someFacts(), "misses"],
  [
    "an attribute of the prototype",
    "when: { attributes: { constructor: '**' } }",
    someFacts(),
    "misses",
  ],
  [
    "a number attribute",
    "when: { attributes: { n: [1, 2] } }",
    withAttributes({ n: 2 }),
    "matches",
  ],
  ["a number that is text", "when: { attributes: { n: '2' } }", withAttributes({ n: 2 }), "misses"],
  [
    "a truth value",
    "when: { attributes: { force: false } }",
    withAttributes({ force: false }),
    "matches",
  ],
  [
    "a list by name",
    "when: { attributes: { b: '@main' } }",
    withAttributes({ b: "release/a/b" }),
    "matches",
  ],
  [
    "none of, not there",
    "when: { attributes: { force: { none: false } } }",
    someFacts(),
    "matches",
  ],
  [
    "none of, there",
    "when: { attributes: { force: { none: false } } }",
    withAttributes({ force: false }),
    "misses",
  ],
  [
    "a group",
    "when: { principal: { groups: platform } }",
    someFacts({ principal: { groups: ["a", "platform"] } }),
    "matches",
  ],
  [
    "a claim in a list",
    "when: { principal: { claims: { teams: 'a*' } } }",
    someFacts({ principal: { claims: { teams: ["b", "ab"] } } }),
    "matches",
  ],
  [
    "a claim that is not there",
    "when: { principal: { claims: { toString: '**' } } }",
    someFacts(),
    "misses",
  ],
  [
    "a run's field without a run",
    "when: { principal: { environment: '**' } }",
    someFacts(),
    "misses",
  ],
  [
    "a header in another case",
    "when: { headers: { X-Tool: 'copilot/*' } }",
    someFacts({ headers: { "x-tool": "copilot/1" } }),
    "matches",
  ],
  [
    "a small enough request",
    "when: { size: { upTo: 1KiB } }",
    someFacts({ body: "x".repeat(1024) }),
    "matches",
  ],
  [
    "an announced length",
    "when: { size: { over: 1KiB } }",
    someFacts({ headers: { "content-length": "1025" } }),
    "matches",
  ],
  [
    "a length that is none",
    "when: { size: { over: 1KiB } }",
    someFacts({ headers: { "content-length": "1e9" } }),
    "in doubt",
  ],
  [
    "working hours",
    "when: { time: { days: [wed], from: '09:00', to: '17:00' } }",
    someFacts(),
    "matches",
  ],
  [
    "the same in Tokyo",
    "when: { time: { from: '09:00', to: '17:00', zone: Asia/Tokyo } }",
    someFacts(),
    "misses",
  ],
  [
    "past midnight",
    "when: { time: { from: '22:00', to: '06:00' } }",
    someFacts({ at: "2026-06-03T05:59:59Z" }),
    "matches",
  ],
  [
    "the end of a window",
    "when: { time: { from: '22:00', to: '06:00' } }",
    someFacts({ at: "2026-06-03T06:00:00Z" }),
    "misses",
  ],
  [
    "unless",
    "when: { access: read }, unless: { resource: github.com/acme/app }",
    someFacts(),
    "misses",
  ],
  [
    "unless not",
    "when: { access: read }, unless: { resource: github.com/acme/b }",
    someFacts(),
    "matches",
  ],
])("%s", (_, rule, facts, expected) => {
  expect(fate(rule, facts)).toBe(expected);
});

test.each<[string, string, "allow" | "deny", Fate]>([
  [
    "one path in docs lets nobody change another",
    "when: { attributes: { paths: docs/** } }",
    "allow",
    "misses",
  ],
  [
    "one path in docs is refused with another",
    "when: { attributes: { paths: docs/** } }",
    "deny",
    "matches",
  ],
  ["some, by name", "when: { attributes: { paths: { some: docs/** } } }", "allow", "matches"],
  ["every, by name", "when: { attributes: { paths: { every: docs/** } } }", "deny", "misses"],
  [
    "an exception for one path stops what lets go",
    "unless: { attributes: { paths: src/** } }",
    "allow",
    "misses",
  ],
  [
    "an exception for one path does not spare from refusal",
    "unless: { attributes: { paths: docs/** } }",
    "deny",
    "matches",
  ],
])("several values: %s", (_, rule, orders, expected) => {
  expect(fate(rule, withAttributes({ paths: ["docs/a/b.md", "src/x.ts"] }), orders)).toBe(expected);
});

test("no value is neither some nor every value", () => {
  const facts = withAttributes({ paths: [] });
  expect(fate("when: { attributes: { paths: '**' } }", facts, "allow")).toBe("misses");
  expect(fate("when: { attributes: { paths: '**' } }", facts, "deny")).toBe("misses");
});

const json = (value: unknown) => someFacts({ body: JSON.stringify(value) });

test.each<[string, string, Facts, Fate]>([
  ["a value at a pointer", "{ pointer: /model, is: gpt-* }", json({ model: "gpt-5" }), "matches"],
  ["a number at a pointer", "{ pointer: /n, is: 3 }", json({ n: 3 }), "matches"],
  ["nothing at the pointer", "{ pointer: /a/b, is: x }", json({ a: [] }), "misses"],
  ["a pointer with escapes", "{ pointer: /a~1b, is: x }", json({ "a/b": "x" }), "matches"],
  ["no body", "{ pointer: /a, is: x }", someFacts(), "misses"],
  ["a body that is not JSON", "{ pointer: /a, is: x }", someFacts({ body: "a=x" }), "in doubt"],
  [
    "a body that is not text",
    "{ words: x }",
    someFacts({ body: new Uint8Array([0xff]) }),
    "in doubt",
  ],
  [
    "a compressed body",
    "{ words: x }",
    someFacts({ body: "x", headers: { "content-encoding": "gzip" } }),
    "in doubt",
  ],
  [
    "a word in any case",
    "{ words: [project-falcon] }",
    json({ a: ["See Project-Falcon."] }),
    "matches",
  ],
  ["a part of a word", "{ words: [falcon] }", json({ a: "falcons" }), "misses"],
  [
    "a word spelt with escapes",
    "{ words: falcon }",
    someFacts({ body: '{"a":"\\u0066alcon"}' }),
    "matches",
  ],
  ["a word in a member's name", "{ words: falcon }", json({ falcon: 1 }), "matches"],
  [
    "a pattern below a pointer",
    "{ pointer: /messages, pattern: 'ticket-[0-9]+' }",
    json({ messages: [{ content: "x ticket-17" }] }),
    "matches",
  ],
  ["a body at its limit", "{ words: x, limit: 4B }", someFacts({ body: "a xb" }), "misses"],
  ["a body over its limit", "{ words: x, limit: 4B }", someFacts({ body: "a x b" }), "in doubt"],
  [
    "oversize that matches",
    "{ words: z, limit: 4B, oversize: match }",
    someFacts({ body: "a x b" }),
    "matches",
  ],
  [
    "oversize that misses",
    "{ words: x, limit: 4B, oversize: miss }",
    someFacts({ body: "a x b" }),
    "misses",
  ],
])("body: %s", (_, body, facts, expected) => {
  expect(fate(`when: { body: ${body} }`, facts)).toBe(expected);
});

test("a body that nests a hundred thousand deep is looked through", () => {
  const facts = someFacts({ body: `${"[".repeat(30_000)}"falcon"${"]".repeat(30_000)}` });
  expect(fate("when: { body: { words: falcon } }", facts)).toBe("matches");
});

const partly = (paths: string[]) =>
  someFacts({ operations: [anOperation({ attributes: { paths }, unknown: ["paths"] })] });

test.each<[string, string, "allow" | "deny", readonly string[], Fate]>([
  ["a rule that refuses matches where it might", "docs/**", "deny", ["src/a"], "matches"],
  ["a rule that lets go does not", "docs/**", "allow", ["docs/a"], "misses"],
  ["none of them, refusing", "{ none: docs/** }", "deny", ["src/a"], "matches"],
  ["none of them, refusing, one known", "{ none: docs/** }", "deny", ["docs/a"], "misses"],
  ["none of them, letting go", "{ none: docs/** }", "allow", ["src/a"], "misses"],
  ["some of them, letting go, one known", "{ some: docs/** }", "allow", ["docs/a"], "matches"],
])("an attribute that is not told in full: %s", (_, test, orders, paths, expected) => {
  expect(fate(`when: { attributes: { paths: ${test} } }`, partly([...paths]), orders)).toBe(
    expected,
  );
});

test("an exception that looks at what is not told in full spares nobody", () => {
  const unless = "unless: { attributes: { paths: docs/** } }";
  expect(fate(unless, partly(["docs/a"]), "deny")).toBe("matches");
  expect(fate(unless, partly(["src/a"]), "allow")).toBe("misses");
});

test("a repository that is not known is refused by rules that refuse, and let go by none that name another", () => {
  const nowhere = someFacts({ operations: [anOperation({ resource: "github.com/-" })] });
  expect(fate("when: { resource: github.com/acme/* }", nowhere, "deny")).toBe("matches");
  expect(fate("when: { resource: github.com/acme/* }", nowhere, "allow")).toBe("misses");
  expect(fate("when: { resource: 'github.com/**' }", nowhere, "allow")).toBe("matches");
});
