/** What came of a vitest run. */
export interface Tally {
  readonly passed: number;
  /** One sentence per failure: tests, files that could not be loaded, and the run itself. */
  readonly failed: readonly string[];
  /** Names of tests that did not run: skipped, to do, or left out by `only`. */
  readonly skipped: readonly string[];
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Counts a vitest JSON report, and believes neither it nor the exit code alone. */
export function tally(json: string | undefined, code: number | null): Tally {
  if (json === undefined)
    return { passed: 0, failed: ["vitest ended without a report"], skipped: [] };
  const files = (JSON.parse(json) as Report).testResults;
  const tests = files.flatMap((file) => file.assertionResults);
  const named = (status: readonly string[]): readonly string[] =>
    tests.filter((test) => status.includes(test.status)).map((test) => test.fullName);
  const passed = named(["passed"]).length;
  const skipped = named(["skipped", "pending", "todo", "disabled"]);
  const unloaded = files
    .filter(
      (file) =>
        file.status === "failed" &&
        file.assertionResults.every(({ status }) => status !== "failed"),
    )
    .map((file) => `${file.name}: ${file.message ?? "could not be loaded"}`);
  const failed = [...named(["failed"]), ...unloaded];
  const unknown = tests.length - passed - skipped.length - named(["failed"]).length;
  if (unknown > 0) failed.push(`${unknown} tests ended in a state that the runner does not know`);
  if (tests.length === 0) failed.push("no test ran");
  if (code !== 0 && failed.length === 0)
    failed.push(`vitest exited with ${code} though no test failed`);
  return { passed, failed, skipped };
}
