import { describe, expect, it } from "vitest";
import type { Masker } from "../../../src/core/finding.ts";
import { fingerprinter } from "../../../src/detection/mark.ts";
import { createMasker } from "../../../src/detection/masker.ts";
import type { Rule } from "../../../src/detection/rule.ts";
import { compileRules } from "../../../src/detection/rule-set.ts";
import { defaultRules, piiRules } from "../../../src/detection/rules/index.ts";

const fingerprint = fingerprinter(Buffer.from("a tenant's key"));

const maskers = new Map<Rule, Masker>();

function findings(rule: Rule, text: string): string[] {
  const found: string[] = [];
  const masker = maskers.get(rule) ?? createMasker(compileRules([rule]), { fingerprint });
  maskers.set(rule, masker);
  const transform = masker.open("0", (finding) => found.push(finding.rule));
  transform.write(Buffer.from(text));
  transform.flush();
  return found;
}

describe.each([...defaultRules, ...piiRules])("the rule $id", (rule) => {
  it("finds each of its secrets, alone and in the midst of text", () => {
    for (const secret of rule.examples?.secrets ?? []) {
      expect(findings(rule, secret), secret).toEqual([rule.id]);
      if (secret.startsWith("\0")) continue;
      expect(findings(rule, `so: ${secret}\nand on`), secret).toEqual([rule.id]);
    }
  });

  it("leaves its harmless examples alone", () => {
    for (const text of rule.examples?.harmless ?? [])
      expect(findings(rule, text), text).toEqual([]);
  });

  it("has examples of both kinds, a bounded automaton, and a clear span where its end is not awaited", () => {
    expect(rule.examples?.secrets.length).toBeGreaterThan(0);
    expect(rule.examples?.harmless.length).toBeGreaterThan(0);
    const [compiled] = compileRules([rule]).rules;
    expect(compiled?.dfa.states).toBeLessThanOrEqual(4096);
    expect(compiled?.endless && compiled.dfa.ambiguous).toBe(false);
  });
});

it("gives every rule a name of its own", () => {
  const ids = [...defaultRules, ...piiRules].map((rule) => rule.id);
  expect(new Set(ids).size).toBe(ids.length);
});
