import { describe, expect, test } from "vitest";
import { tally } from "../../support/tally.ts";

const report = (...statuses: readonly string[]): string =>
  JSON.stringify({
    testResults: [
      {
        name: "a.test.ts",
        status: statuses.includes("failed") ? "failed" : "passed",
        assertionResults: statuses.map((status, index) => ({
          fullName: `${status} ${index}`,
          status,
        })),
      },
    ],
  });

describe("the runner's count", () => {
  test("counts what passed, and names what failed or did not run", () => {
    expect(tally(report("passed", "passed", "failed", "pending", "todo", "skipped"), 1)).toEqual({
      passed: 2,
      failed: ["failed 2"],
      skipped: ["pending 3", "todo 4", "skipped 5"],
    });
  });

  test.each([
    ["no report at all", undefined, 0, /without a report/],
    ["a report of no test", JSON.stringify({ testResults: [] }), 0, /no test ran/],
    ["an exit code that the report does not explain", report("passed"), 1, /exited with 1/],
    ["a death by signal", report("passed"), null, /exited with null/],
    ["a status from the future", report("passed", "quantum"), 0, /does not know/],
    [
      "a file that could not be loaded",
      JSON.stringify({
        testResults: [
          { name: "b.test.ts", status: "failed", message: "boom", assertionResults: [] },
        ],
      }),
      1,
      /b\.test\.ts: boom/,
    ],
  ])("%s is a failure", (_, json, code, expected) => {
    expect(tally(json, code).failed.join()).toMatch(expected);
  });
});
