import { expect, test } from "vitest";
import { parsePolicy } from "../../../src/policy/parse.ts";
import { formatProblem } from "../../../src/yaml/problem.ts";
import { paperActions } from "../../support/paper-actions.ts";

/** Whether a rule with the second `when` can never rule below one with the first. */
function shadowed(above: string, below: string): boolean {
  const text = `rules:\n  - { id: above, ${above}, then: [allow] }\n  - { id: below, ${below}, then: [allow] }\n`;
  const policy = parsePolicy([{ file: "p.yaml", text }], new Map(), { actions: paperActions() });
  if (!policy.ok) throw new Error(policy.error.map(formatProblem).join("\n"));
  const messages = policy.value.warnings.map(({ message }) => message);
  return messages.some((message) => message.includes("can never rule"));
}

test.each([
  ["all", "when: {}", "when: { access: read }", true],
  ["the same", "when: { operation: push }", "when: { operation: push, access: write }", true],
  ["one of several", "when: { operation: [push, a] }", "when: { operation: push }", true],
  ["several of one", "when: { operation: push }", "when: { operation: [push, a] }", false],
  ["a family", "when: { operation: repository.* }", "when: { operation: repository.create }", true],
  [
    "a folder",
    "when: { resource: 'github.com/acme/**' }",
    "when: { resource: github.com/acme/* }",
    true,
  ],
  ["one level", "when: { resource: github.com/* }", "when: { resource: github.com/acme/a }", false],
  [
    "one level of any",
    "when: { resource: github.com/* }",
    "when: { resource: 'github.com/**' }",
    false,
  ],
  ["the other way around", "when: { access: read }", "when: {}", false],
  ["a condition", "when: { access: read }, if: 'true'", "when: { access: read }", false],
  ["an exception", "when: {}, unless: { access: read }", "when: { access: read }", false],
  [
    "like attributes",
    "when: { attributes: { b: main } }",
    "when: { attributes: { b: main, c: x } }",
    true,
  ],
  [
    "other attributes",
    "when: { attributes: { b: main } }",
    "when: { attributes: { b: x } }",
    false,
  ],
  [
    "a group",
    "when: { principal: { groups: a } }",
    "when: { principal: { groups: a, issuer: b } }",
    true,
  ],
  ["a time", "when: { time: { from: '09:00' } }", "when: { time: { from: '09:00' } }", false],
])("a rule below one that asks for %s", (_, above, below, expected) => {
  expect(shadowed(above, below)).toBe(expected);
});

test("a rule that only observes shadows nothing", () => {
  expect(shadowed("mode: observe", "when: { access: read }")).toBe(false);
});
