import { expect, test } from "vitest";
import { createMasker } from "../../../src/detection/masker.ts";
import { compileRules } from "../../../src/detection/rule-set.ts";
import { defaultRules } from "../../../src/detection/rules/index.ts";

const token = `ghp_${"a1B2c3D4e5F6".repeat(3)}`;
const { clean } = createMasker(compileRules(defaultRules), { fingerprint: () => "x" });

test("bytes that last are known again in their channel alone, and only where nothing was found in them", () => {
  for (const [text, isClean] of [
    ["completion_tokens", true],
    ["password", true],
    [token, false],
  ] as const) {
    const bytes = Buffer.from(text);
    for (let time = 0; time < 3; time++) expect(clean?.(":name", bytes, true)).toBe(isClean);
  }
  const word = Buffer.from("Tr0ub4dor-3x-Zebra!");
  expect(clean?.(":name", word, true)).toBe(true);
  expect(clean?.(":name", word, true)).toBe(true);
  expect(clean?.("password", word, true)).toBe(false);
});
