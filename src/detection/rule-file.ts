import { z } from "zod";
import { isNonEmpty, type NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import { check } from "../yaml/check.ts";
import { readDocument, type YamlDocument } from "../yaml/document.ts";
import type { Problem } from "../yaml/problem.ts";
import { checkNames } from "./checks.ts";
import { fingerprinter } from "./mark.ts";
import { createMasker } from "./masker.ts";
import type { Rule } from "./rule.ts";
import { compileRules, RuleError, type RuleSet } from "./rule-set.ts";

const words = z.array(z.string().min(1)).exactOptional();

/** One rule of an operator, as in a file; the meaning of each member is in `Rule`. */
const rule = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,64}$/, "must be lower-case letters, digits and dashes"),
  pattern: z.string().min(1),
  entropy: z.number().min(0).max(8).exactOptional(),
  checks: z.array(z.enum(checkNames)).exactOptional(),
  keywords: z.array(z.string().min(1).toLowerCase()).exactOptional(),
  allow: z
    .array(
      z.strictObject({
        target: z.enum(["secret", "match", "line"]).default("secret"),
        patterns: z.array(z.string()).default([]),
        stopwords: z.array(z.string().min(1).toLowerCase()).default([]),
        condition: z.enum(["or", "and"]).default("or"),
      }),
    )
    .exactOptional(),
  examples: z
    .strictObject({ secrets: z.array(z.string()).default([]), harmless: words.default([]) })
    .exactOptional(),
});

const file = z.strictObject({ rules: z.array(rule).min(1, "must hold at least one rule") });

/**
 * Reads an operator's rules from YAML: the rules, or every problem with its place. A rule that cannot run is one, and so
 * is one that does not do with its own examples as they say.
 */
export function parseRules(text: string, name: string): Result<readonly Rule[], NonEmpty<Problem>> {
  const document = readDocument(name, text);
  if (!document.ok) return document;
  const checked = check(document.value, file);
  if (!checked.ok) return checked;
  const { rules } = checked.value;
  const problems = rules.flatMap((one, index) => problemsOf(one, index, document.value));
  return isNonEmpty(problems) ? err(problems) : ok(rules);
}

function problemsOf(one: Rule, index: number, document: YamlDocument): readonly Problem[] {
  let compiled: RuleSet;
  try {
    compiled = compileRules([one]);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return [document.problem(["rules", index, "pattern"], error.message)];
  }
  const finds = finder(compiled);
  const { secrets = [], harmless = [] } = one.examples ?? {};
  const place = (list: string, at: number) => ["rules", index, "examples", list, at];
  return [
    ...secrets.flatMap((text, at) =>
      finds(text)
        ? []
        : [document.problem(place("secrets", at), "the rule does not find its own example")],
    ),
    ...harmless.flatMap((text, at) =>
      finds(text)
        ? [
            document.problem(
              place("harmless", at),
              "the rule takes its harmless example for a secret",
            ),
          ]
        : [],
    ),
  ];
}

function finder(rules: RuleSet): (text: string) => boolean {
  const masker = createMasker(rules, { fingerprint: fingerprinter(new Uint8Array(0)) });
  return (text) => {
    let found = false;
    const transform = masker.open("0", () => {
      found = true;
    });
    transform.write(Buffer.from(text));
    transform.flush();
    return found;
  };
}
