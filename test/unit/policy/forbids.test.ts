import { expect, test } from "vitest";
import { parsePolicy } from "../../../src/policy/parse.ts";
import { anOperation, someFacts } from "../../support/facts.ts";
import { paperActions } from "../../support/paper-actions.ts";

function forbids(policy: string, name: string): boolean {
  const text = `${policy}\notherwise: [ { deny: { reason: "No." } } ]\n`;
  const read = parsePolicy([{ file: "policy.yaml", text }], new Map(), { actions: paperActions() });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value.forbids(someFacts({ operations: [anOperation({ name, access: "write" })] }));
}

test.each([
  [
    "no rule speaks of it",
    `rules: [ { id: a, when: { access: read }, then: [ { allow: {} } ] } ]`,
    true,
  ],
  [
    "only denials speak of it",
    `rules: [ { id: a, when: { operation: push, resource: "github.com/acme/*" }, then: [ { deny: { reason: "No." } } ] } ]`,
    true,
  ],
  [
    "a rule may let it go, depending on what is not known yet",
    `rules: [ { id: a, when: { operation: push, resource: "github.com/acme/*" }, then: [ { allow: {} } ] } ]`,
    false,
  ],
])("%s", (_name, policy, expected) => {
  expect(forbids(policy, "push")).toBe(expected);
});

test("a file that only observes forbids nothing", () => {
  expect(forbids("mode: observe\nrules: []", "push")).toBe(false);
});
