import { expect, test } from "vitest";
import type { Masker } from "../../../src/core/finding.ts";
import { textMasker } from "../../../src/core/text-masker.ts";
import { fingerprinter } from "../../../src/detection/mark.ts";
import { createMasker } from "../../../src/detection/masker.ts";
import { compileRules } from "../../../src/detection/rule-set.ts";
import { defaultRules } from "../../../src/detection/rules/index.ts";

const token = `gh${"p"}_${"aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5"}`;
const fingerprint = fingerprinter(Buffer.from("a tenant's key"));
const masker = createMasker(compileRules(defaultRules), { fingerprint });

/** The same masker, and how often it was asked. */
function counted(): { readonly masker: Masker; asked(): number } {
  let asked = 0;
  const clean: NonNullable<Masker["clean"]> = (channel, text) => {
    asked += 1;
    return masker.clean?.(channel, text) ?? false;
  };
  return { masker: { ...masker, clean }, asked: () => asked };
}

test("texts without a secret stay as they are, and are looked at once", () => {
  const { masker, asked } = counted();
  const mask = textMasker(masker);
  for (let time = 0; time < 3; time += 1)
    for (const text of ["", "acme/app", "é – ü", "\ud83d\ude00"])
      expect(mask("record", text)).toBe(text);
  expect(asked()).toBe(4);
});

test("a secret is taken out each time that it comes", () => {
  const mask = textMasker(masker);
  for (let time = 0; time < 3; time += 1) {
    expect(mask("record", `with ${token} in it`)).not.toContain(token);
    expect(mask("record", `with ${token} in it`)).toMatch(
      /^with (ghp_)?\[REDACTED:[^\]]+\] in it$/,
    );
  }
});

test("only so many texts are remembered, the latest among them", () => {
  const { masker, asked } = counted();
  const mask = textMasker(masker);
  for (let at = 0; at < 5000; at += 1) {
    mask("record", `run ${at}`);
    mask("record", "acme/app");
  }
  expect(asked()).toBe(5001);
  mask("record", "run 0");
  expect(asked()).toBe(5002);
});
