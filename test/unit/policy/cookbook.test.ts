import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { paperVocabulary } from "../../../src/cli/policy-words.ts";
import { schemaNames, schemaText } from "../../../src/cli/schemas.ts";
import { caseFiles, runCaseFile } from "../../../src/policy/cases/file.ts";
import { loadPolicy } from "../../../src/policy/file.ts";
import { formatProblem } from "../../../src/yaml/problem.ts";

const docs = join(import.meta.dirname, "../../../docs");
const folder = join(docs, "policy/cookbook");
const vocabulary = paperVocabulary(undefined);
const guide = readFileSync(join(docs, "policy/README.md"), "utf8");

test("the cookbook has twenty cases at least, and the guide leads to each", () => {
  const names = caseFiles(folder).map((file) => basename(file, ".test.yaml"));
  expect(names.length).toBeGreaterThanOrEqual(20);
  for (const name of names) expect(guide).toContain(`(cookbook/${name}.yaml)`);
});

describe.each(caseFiles(folder).map((file) => [basename(file, ".test.yaml"), file]))(
  "%s",
  (name, file) => {
    const suite = runCaseFile(file, vocabulary);
    if (!suite.ok) throw new Error(suite.error.map(formatProblem).join("\n"));
    test.each(suite.value.results.map((result) => [result.name, result.complaints] as const))(
      "%s",
      (_, complaints) => {
        expect(complaints).toEqual([]);
      },
    );
    test("every rule of its own is shown to rule, and none is in another's shadow", () => {
      const unshown = suite.value.coverage.filter(
        ({ rule, cases }) => cases === 0 && !rule.includes("/"),
      );
      expect(unshown).toEqual([]);
      const policy = loadPolicy(join(folder, `${name}.yaml`), vocabulary);
      const warnings = policy.ok
        ? policy.value.warnings.map(({ message }) => message)
        : ["not loaded"];
      expect(warnings.filter((message) => !message.endsWith("only observes"))).toEqual([]);
    });
  },
);

test.each(schemaNames)(
  "the published schema of %s is the code's: sallyport validate --schema",
  (name) => {
    expect(readFileSync(join(docs, `schemas/${name}.json`), "utf8")).toBe(`${schemaText(name)}\n`);
  },
);
