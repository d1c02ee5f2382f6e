import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { NonEmpty } from "../../base/non-empty.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { check } from "../../yaml/check.ts";
import { readDocument } from "../../yaml/document.ts";
import type { Problem } from "../../yaml/problem.ts";
import { loadPolicy } from "../file.ts";
import type { Policy } from "../policy.ts";
import type { Vocabulary } from "../vocabulary.ts";
import { type CaseResult, type Coverage, coverageOf, runCase } from "./run.ts";
import { type CaseFile, caseFile } from "./schema.ts";

/** What came of one file of cases. */
export interface Suite {
  readonly file: string;
  readonly results: readonly CaseResult[];
  readonly coverage: readonly Coverage[];
}

/** Runs a file of cases against the policy that it names, or tells everything that is wrong with either. */
export function runCaseFile(
  file: string,
  vocabulary: Vocabulary,
): Result<Suite, NonEmpty<Problem>> {
  const cases = readCases(file);
  if (!cases.ok) return cases;
  const policy = loadPolicy(resolve(dirname(file), cases.value.policy), vocabulary);
  return policy.ok ? ok(runSuite(file, policy.value, cases.value)) : policy;
}

/** The case files that a path stands for: itself, or the `.test.yaml` files of a folder and the folders below it. */
export function caseFiles(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.yaml"))
    .sort()
    .map((name) => join(path, name));
}

function runSuite(file: string, policy: Policy, { cases }: CaseFile): Suite {
  const results = cases.map((one) => runCase(policy, one));
  return { file, results, coverage: coverageOf(policy, results) };
}

function readCases(file: string): Result<CaseFile, NonEmpty<Problem>> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return err([{ file, line: 1, column: 1, message: "the file cannot be read" }]);
  }
  const document = readDocument(file, text);
  return document.ok ? check(document.value, caseFile) : document;
}
