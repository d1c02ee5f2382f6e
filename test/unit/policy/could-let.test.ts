import { expect, test } from "vitest";
import type { Operation } from "../../../src/core/operation.ts";
import { parsePolicy } from "../../../src/policy/parse.ts";
import { anOperation, someFacts } from "../../support/facts.ts";
import { paperActions } from "../../support/paper-actions.ts";

function couldLet(rules: string, operation: Partial<Operation>, head = ""): boolean {
  const text = `${head}rules:${rules.startsWith(" ") ? rules : `\n${rules}`}\notherwise: [ { deny: { reason: "No." } } ]\n`;
  const read = parsePolicy([{ file: "policy.yaml", text }], new Map(), { actions: paperActions() });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value.couldLet(
    someFacts({ operations: [anOperation({ access: "write", ...operation })] }),
  );
}
const push = { name: "contents.write", attributes: { tool: "push_files", branch: "HEAD" } };

test.each<[string, string, Partial<Operation>, boolean]>([
  ["no rule speaks of it", `- { id: a, when: { access: read }, then: [allow] }`, push, false],
  [
    "a rule lets it go in one repository",
    `- { id: a, when: { resource: "github.com/acme/*" }, then: [allow] }`,
    push,
    true,
  ],
  [
    "a rule refuses some of it, and another lets the rest go",
    `- { id: a, when: { attributes: { paths: { some: "x/**" } } }, then: [{ deny: { reason: No } }] }
- { id: b, when: { access: write }, then: [allow] }`,
    push,
    true,
  ],
  [
    "a rule refuses all of it before another would let it go",
    `- { id: a, when: { operation: contents.write }, then: [{ deny: { reason: No } }] }
- { id: b, when: { access: write }, then: [allow] }`,
    push,
    false,
  ],
  [
    "a rule lets other tools go",
    `- { id: a, when: { attributes: { tool: [list_issues, create_issue] } }, then: [allow] }`,
    push,
    false,
  ],
  [
    "a rule lets this tool go",
    `- { id: a, when: { attributes: { tool: push_files } }, then: [allow] }`,
    push,
    true,
  ],
  [
    "a rule lets somebody else do it",
    `- { id: a, when: { access: write, principal: { groups: somebody-else } }, then: [allow] }`,
    push,
    false,
  ],
  [
    "a rule asks for a branch, which is not told yet",
    `- { id: a, when: { attributes: { branch: topic } }, then: [allow] }`,
    { ...push, unknown: ["branch"] },
    true,
  ],
  [
    "a rule only watches",
    `- { id: a, mode: observe, when: { access: write }, then: [{ deny: { reason: No } }] }
- { id: b, when: { access: write }, then: [allow] }`,
    push,
    true,
  ],
])("%s", (_name, rules, operation, expected) => {
  expect(couldLet(rules, operation)).toBe(expected);
});

test("in a file that only observes, everything could be let go", () => {
  expect(couldLet(" []", push, "mode: observe\n")).toBe(true);
});
