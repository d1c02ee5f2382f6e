import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { caseFiles, runCaseFile, type Suite } from "../policy/cases/file.ts";
import { junit } from "../policy/cases/junit.ts";
import type { Vocabulary } from "../policy/policy.ts";
import { formatProblem } from "../yaml/problem.ts";
import { readArguments } from "./arguments.ts";
import type { Command, Io } from "./command.ts";
import { policyWords } from "./policy-words.ts";

/** Runs files of cases against the policies that they name. */
export const policyTest: Command = {
  name: "policy test",
  summary: "run the cases in .test.yaml files against their policies",
  usage: "[PATH…] [--config FILE] [--junit FILE] [--json]",
  async run(args, io) {
    const read = readArguments(args, {
      config: { type: "string" },
      junit: { type: "string" },
      json: { type: "boolean", default: false },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { values, positionals } = read.value;
    const words = policyWords(values.config, io);
    const files = filesOf(positionals, io);
    if (words === undefined || files === undefined) return 2;
    const suites = runAll(files, words.vocabulary, io);
    if (suites === undefined) return 2;
    if (values.junit !== undefined) writeFileSync(resolve(io.cwd, values.junit), junit(suites));
    if (values.json) io.out(JSON.stringify({ suites }));
    else for (const suite of suites) tell(suite, io);
    return suites.some(hasFailed) ? 1 : 0;
  },
};

/** Absent where a file or its policy is bad, which is told. */
function runAll(
  files: readonly string[],
  vocabulary: Vocabulary,
  io: Io,
): readonly Suite[] | undefined {
  const suites: Suite[] = [];
  for (const file of files) {
    const suite = runCaseFile(file, vocabulary);
    if (suite.ok) suites.push(suite.value);
    else for (const problem of suite.error) io.err(formatProblem(problem));
  }
  return suites.length < files.length ? undefined : suites;
}

function filesOf(paths: readonly string[], io: Io): readonly string[] | undefined {
  const wanted = paths.length === 0 ? ["."] : paths;
  try {
    const files = wanted.flatMap((path) => caseFiles(resolve(io.cwd, path)));
    if (files.length > 0) return files;
    io.err("There is no .test.yaml file there.");
  } catch {
    io.err("A path that was named cannot be read.");
  }
  return undefined;
}

function hasFailed({ results }: Suite): boolean {
  return results.some(({ complaints }) => complaints.length > 0);
}

function tell({ file, results, coverage }: Suite, io: Io): void {
  const good = results.filter(({ complaints }) => complaints.length === 0).length;
  const covered = coverage.filter(({ cases }) => cases > 0).length;
  io.out(`${file}: ${good} of ${results.length} cases, ${covered} of ${coverage.length} rules`);
  for (const { name, complaints } of results)
    for (const complaint of complaints) io.out(`  FAILED ${name}: ${complaint}`);
  for (const { rule, cases } of coverage) if (cases === 0) io.out(`  no case shows rule ${rule}`);
}
