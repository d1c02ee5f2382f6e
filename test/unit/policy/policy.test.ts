import { expect, test } from "vitest";
import type { Decision } from "../../../src/core/decision.ts";
import { parsePolicy } from "../../../src/policy/parse.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import { formatProblem } from "../../../src/yaml/problem.ts";
import { anOperation, someFacts } from "../../support/facts.ts";
import { paperActions } from "../../support/paper-actions.ts";

const vocabulary = {
  actions: paperActions(),
  connections: ["github-api", "github-git", "copilot"],
  issuers: ["github-actions"],
  operations: ["repository.read", "repository.create", "push", "contents.write", "model.call"],
};

function read(text: string) {
  return parsePolicy([{ file: "policy.yaml", text }], new Map(), vocabulary);
}

function policy(text: string): Policy {
  const parsed = read(text);
  if (!parsed.ok) throw new Error(parsed.error.map(formatProblem).join("\n"));
  return parsed.value;
}

function problems(text: string): readonly string[] {
  const parsed = read(text);
  return parsed.ok ? [] : parsed.error.map(formatProblem);
}

function rules(decision: Decision): readonly string[] {
  return decision.rulings.map((ruling) => ruling.rule);
}

const example = `
rules:
  - id: no-force-push-to-main
    when: { protocol: git, operation: push, resource: github.com/acme/*, attributes: { ref: refs/heads/main, force: true } }
    then: [ { deny: { reason: "History on main is permanent. Open a pull request." } } ]
  - id: new-repositories-need-a-person
    when: { operation: repository.create }
    then: [ { approve: { by: group:platform, within: 15m } }, { inject: { credential: org-app } }, { record: {} } ]
  - id: reading
    when: { access: read }
    then: [ { mask: { rules: default } }, { inject: { credential: copilot } }, { record: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;

test("the architecture's example rules as it reads", () => {
  const law = policy(example);
  const push = anOperation({
    protocol: "git",
    name: "push",
    access: "write",
    resource: "github.com/ACME/app",
    attributes: { ref: "refs/heads/main", force: true },
  });
  const gentle = { ...push, attributes: { ref: "refs/heads/main", force: false } };
  const create = anOperation({ name: "repository.create", access: "write" });
  const decision = law.evaluate(someFacts({ operations: [push, gentle, create, anOperation()] }));
  expect(rules(decision)).toEqual([
    "no-force-push-to-main",
    "otherwise",
    "new-repositories-need-a-person",
    "reading",
  ]);
  expect(decision.rulings.map((ruling) => ruling.actions.map((action) => action.name))).toEqual([
    ["deny"],
    ["deny"],
    ["approve", "inject", "record"],
    ["mask", "inject", "record"],
  ]);
  expect(law.rules.map((rule) => [rule.id, rule.effect, rule.line])).toEqual([
    ["no-force-push-to-main", "deny", 3],
    ["new-repositories-need-a-person", "approve", 6],
    ["reading", "allow", 9],
  ]);
  expect(law.warnings).toEqual([]);
});

test("the digest is the same however the file is laid out, and another when a rule changes", () => {
  const a = policy("rules:\n  - { id: a, when: { access: read, operation: push }, then: [allow] }");
  const b = policy(
    "# words\nrules:\n  - id: a\n    then: [ allow ]\n    when:\n      operation: push\n      access: read\n",
  );
  const c = policy(
    "rules:\n  - { id: a, when: { access: write, operation: push }, then: [allow] }",
  );
  expect(a.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(b.digest).toBe(a.digest);
  expect(c.digest).not.toBe(a.digest);
});

test("a rule that observes is noted where it would have ruled, and the next one rules", () => {
  const law = policy(`
rules:
  - { id: would-deny, mode: observe, when: { access: read }, then: [{ deny: {} }] }
  - { id: reading, when: { access: read }, then: [allow] }
`);
  const [ruling] = law.evaluate(someFacts()).rulings;
  expect(ruling).toMatchObject({ rule: "reading", observed: ["would-deny"] });
  expect(law.warnings.map(formatProblem)).toEqual([
    'policy.yaml:3:5: rule "would-deny" only observes',
  ]);
});

test("a file that observes refuses nobody and asks nobody, but injects and records", () => {
  const law = policy(`
mode: observe
rules:
  - { id: no, when: { access: write }, then: [{ deny: {} }] }
  - { id: ask, when: { operation: repository.read }, then: [{ approve: { by: group:x } }, { inject: {} }] }
`);
  const write = anOperation({ access: "write", name: "push" });
  const { rulings } = law.evaluate(someFacts({ operations: [write, anOperation()] }));
  expect(rulings[0]).toMatchObject({
    rule: "otherwise",
    observed: ["no", "otherwise"],
    actions: [{ name: "allow" }],
  });
  expect(rulings[1]).toMatchObject({
    rule: "ask",
    observed: ["ask"],
    actions: [{ name: "inject" }],
  });
  expect(law.warnings).toHaveLength(1);
});

test("a file with ten different mistakes tells all of them with their places", () => {
  expect(
    problems(`rulez: []
lists: { a: ["@b"], main: [refs/heads/main] }
macros: { bot: "principal.idd == 'x'" }
otherwise: [{ dney: {} }]
rules:
  - { id: Bad Id, then: [allow] }
  - { id: a, when: { operation: repositroy.create }, then: [allow] }
  - { id: a, when: { acces: read }, then: [] }
  - { id: b, when: { attributes: { ref: "@mian" }, connection: github-gti }, then: [{ mask: { rules: defualt } }] }
  - { id: c, if: "principal.id == 3", then: [allow, { deny: {} }] }
  - { include: preset:nothing }
  - { id: d, when: { time: { zone: Mars/Base, from: "25:00" } }, then: [{ inject: { credential: copilott } }] }
  - { id: e, when: { body: { pattern: "(", words: [x] } }, then: [{ allow: {}, deny: {} }] }
`),
  ).toEqual([
    'policy.yaml:1:1: unknown key "rulez" (did you mean "rules"?)',
    "policy.yaml:2:14: a list cannot hold another list",
    "policy.yaml:3:16: at character 11: No such key: idd",
    'policy.yaml:4:13: there is no action "dney" (did you mean "deny"?)',
    "policy.yaml:6:11: must be a name of lower-case letters, digits, . _ and - (and not otherwise)",
    'policy.yaml:7:33: there is no operation "repositroy.create" (did you mean "repository.create"?)',
    'policy.yaml:8:22: unknown key "acces" (did you mean "access"?)',
    "policy.yaml:8:43: must order at least one action",
    'policy.yaml:9:41: there is no list of this name (did you mean "main"?)',
    'policy.yaml:9:64: there is no connection "github-gti" (did you mean "github-git"?)',
    'policy.yaml:9:102: must be one of default, pii (did you mean "default"?)',
    "policy.yaml:10:18: at character 1: no such overload: string == int",
    "policy.yaml:10:45: one rule cannot both allow and deny",
    'policy.yaml:11:16: there is no preset "nothing"',
    "policy.yaml:12:36: must be a time zone such as Europe/Berlin",
    "policy.yaml:12:53: must be a time such as 09:30",
    'policy.yaml:12:97: must be one of copilot, org-app (did you mean "copilot"?)',
    "policy.yaml:13:28: must hold exactly one of is, words, pattern",
    "policy.yaml:13:67: an action is written as its name, or as { name: { … } }",
  ]);
});
