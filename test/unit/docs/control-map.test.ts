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

test("every threat has a control with a test that exists, or says that there is none", () => {
  const [, ...attackers] = readFileSync(join(root, "docs/threat-model.md"), "utf8").split(
    "\n## A malicious prompt",
  );
  const rows = attackers
    .join("")
    .split("\n")
    .filter((line) => /^\| (?!it |they |---)/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  expect(rows.length).toBeGreaterThan(20);
  for (const [, threat, control = "", shown = "", left = ""] of rows) {
    const files = [...shown.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path);
    expect([threat, files.length > 0 || /nothing here/.test(control)]).toEqual([threat, true]);
    for (const path of files) expect([path, existsSync(join(root, path))]).toEqual([path, true]);
    if (files.length === 0) expect([threat, left.length > 40]).toEqual([threat, true]);
  }
});
