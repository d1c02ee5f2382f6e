import { expect, it } from "vitest";
import { editJson } from "../../../src/http/json-edit.ts";
import { CoverageCounter, coverageLine } from "../../../src/http/json-edit-coverage.ts";
import { passThrough } from "../../../src/http/transform.ts";

it("counts what was scanned by family and what was not by reason", () => {
  const coverage = new CoverageCounter();
  const edit = editJson({
    open: coverage.count(() => passThrough),
    treat: (path) => {
      if (path.at(-1) === "signature") return { kind: "keep" };
      return path.at(-1) === "logprobs" ? { kind: "replace", json: "null" } : undefined;
    },
    skipped: (bytes, why) => coverage.skip(bytes, why),
  });
  edit.write(
    Buffer.from('{"a":[{"text":"12345"},{"text":"678"}],"signature":"abc","logprobs":[1]}'),
  );
  edit.flush();
  expect(coverage.scanned.get("a.text")).toBe(8);
  expect(coverage.skipped).toEqual(
    new Map([
      ["kept", 5],
      ["replaced", 3],
    ]),
  );
  expect(coverageLine(coverage)).toMatch(/^scanned .*a\.text=8.*; skipped kept=5 replaced=3$/);
});

it("keeps the number of families bounded", () => {
  const coverage = new CoverageCounter();
  const open = coverage.count(() => passThrough);
  for (let n = 0; n < 1000; n++) open(`name-${n}`).write(Uint8Array.of(1));
  expect(coverage.scanned.size).toBeLessThanOrEqual(65);
  expect([...coverage.scanned.values()].reduce((a, b) => a + b)).toBe(1000);
});
