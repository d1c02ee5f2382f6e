import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..", "..");

test("every row of the control map names a feature and a test that exists", () => {
  const rows = readFileSync(join(root, "docs/control-map.md"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) => line.split("|").map((cell) => cell.trim()));
  expect(rows.length).toBeGreaterThan(10);
  for (const [, control = "", feature = "", file = ""] of rows) {
    expect(control).toMatch(/SOC 2 CC[678]|800-53 AU-|ISO 27001 A\./);
    expect(feature.length).toBeGreaterThan(20);
    const path = join(root, file);
    expect([file, existsSync(path) && /\b(test|it)[.(]/.test(readFileSync(path, "utf8"))]).toEqual([
      file,
      true,
    ]);
  }
});
