import { readFileSync } from "node:fs";
import { isNonEmpty, type NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import type { Config } from "../config/schema.ts";
import { loadGitleaks } from "../detection/gitleaks.ts";
import type { Rule } from "../detection/rule.ts";
import { parseRules } from "../detection/rule-file.ts";
import type { Problem } from "../yaml/problem.ts";
import { readSecret } from "./secret-file.ts";

/** The rule sets of an operator, by name, and what of their files has no meaning here. */
export interface MaskSets {
  readonly sets: Readonly<Record<string, readonly Rule[]>>;
  readonly ignored: readonly Problem[];
}

type SetConfig = Config["masking"]["sets"][number];
type Read = { readonly rules: readonly Rule[]; readonly ignored: readonly Problem[] };

/** Reads every file of rules that the config names; an unreadable file or an unusable rule set is an error. */
export function readMaskSets({ masking }: Config): Result<MaskSets, NonEmpty<Problem>> {
  const problems: Problem[] = [];
  const ignored: Problem[] = [];
  const sets: Record<string, readonly Rule[]> = {};
  for (const set of masking.sets) {
    const read = readSet(set);
    if (!read.ok) problems.push(...read.error);
    else {
      sets[set.name] = read.value.rules;
      ignored.push(...read.value.ignored);
    }
  }
  return isNonEmpty(problems) ? err(problems) : ok({ sets, ignored });
}

function readSet(set: SetConfig): Result<Read, readonly Problem[]> {
  const path = "rules" in set ? set.rules : set.gitleaks;
  const problem = (message: string): Problem => ({ file: path, line: 1, column: 1, message });
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return err([problem("the file cannot be read")]);
  }
  if ("rules" in set) {
    const rules = parseRules(text, path);
    return rules.ok ? ok({ rules: rules.value, ignored: [] }) : rules;
  }
  const loaded = loadGitleaks(text);
  if (!loaded.ok) return err([problem(loaded.error)]);
  return ok({ rules: loaded.value.rules, ignored: loaded.value.ignored.map(problem) });
}

/** The values that the operator wants masked everywhere; the error names the place of one that cannot be had. */
export function readMaskValues(
  { masking }: Config,
  env: Readonly<Record<string, string | undefined>>,
): Result<readonly Secret[]> {
  const secrets: Secret[] = [];
  for (const reference of masking.values) {
    const secret = readSecret(reference, env);
    if (!secret.ok) return secret;
    if (Buffer.byteLength(secret.value.reveal()) < shortest)
      return err(`a value under masking.values has fewer than ${shortest} bytes`);
    secrets.push(secret.value);
  }
  return ok(secrets);
}

/** Shorter values would be found everywhere; in bytes. */
const shortest = 4;
