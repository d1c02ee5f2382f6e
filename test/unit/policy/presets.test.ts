import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { caseFiles, runCaseFile } from "../../../src/policy/cases/file.ts";
import { presets } from "../../../src/policy/file.ts";
import { parsePolicy } from "../../../src/policy/parse.ts";
import { formatProblem } from "../../../src/yaml/problem.ts";
import { paperActions } from "../../support/paper-actions.ts";

const folder = join(import.meta.dirname, "../../../src/policy/presets");
const vocabulary = { actions: paperActions() };

test("every preset has its own file of cases", () => {
  const tested = caseFiles(folder).map((file) => file.replace(/.*\/|\.test\.yaml$/g, ""));
  expect(tested).toEqual([...presets().keys()].sort());
  expect(tested).toEqual([
    "ci-config",
    "copilot-ci",
    "no-secrets-out",
    "protected-branches",
    "read-only",
    "soc2-evidence",
  ]);
});

describe.each(caseFiles(folder))("%s", (file) => {
  const suite = runCaseFile(file, vocabulary);
  if (!suite.ok) throw new Error(suite.error.map(formatProblem).join("\n"));
  test.each(suite.value.results.map(({ name, complaints }) => [name, complaints] as const))(
    "%s",
    (_, complaints) => {
      expect(complaints).toEqual([]);
    },
  );
  test("every rule is shown to rule", () => {
    expect(suite.value.coverage.filter(({ cases }) => cases === 0)).toEqual([]);
  });
});

test("presets are included where they are named, their rules under their own name", () => {
  const text =
    "lists: { protected: [trunk] }\nrules: [{ include: preset:protected-branches }, { include: preset:copilot-ci }]";
  const policy = parsePolicy([{ file: "policy.yaml", text }], presets(), vocabulary);
  if (!policy.ok) throw new Error(policy.error.map(formatProblem).join("\n"));
  expect(policy.value.rules.slice(0, 4).map(({ id }) => id)).toEqual([
    "protected-branches/no-direct-write",
    "protected-branches/no-write-to-a-branch-unknown",
    "protected-branches/no-change-of-protection",
    "copilot-ci/models",
  ]);
});
