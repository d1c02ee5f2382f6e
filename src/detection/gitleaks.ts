import { parse } from "smol-toml";
import { z } from "zod";
import { err, ok, type Result } from "../base/result.ts";
import { parseRegex } from "./regex/parse.ts";
import { groupsOf } from "./regex/syntax.ts";
import type { Allowance, Rule } from "./rule.ts";
import { compileRules, RuleError } from "./rule-set.ts";

const allowlist = z.object({
  regexes: z.array(z.string()).default([]),
  stopwords: z.array(z.string()).default([]),
  regexTarget: z.string().default("secret"),
  condition: z.string().default("OR"),
  paths: z.array(z.string()).default([]),
  commits: z.array(z.string()).default([]),
});

const file = z.object({
  allowlist: allowlist.optional(),
  allowlists: z.array(allowlist).default([]),
  extend: z.unknown().optional(),
  rules: z.array(
    z.object({
      id: z.string(),
      regex: z.string().optional(),
      path: z.string().optional(),
      entropy: z.number().optional(),
      secretGroup: z.number().int().optional(),
      keywords: z.array(z.string()).default([]),
      allowlist: allowlist.optional(),
      allowlists: z.array(allowlist).default([]),
    }),
  ),
});

type File = z.infer<typeof file>;
type AllowList = z.infer<typeof allowlist>;
type FileRule = File["rules"][number];

/** Rules from a `gitleaks.toml`, and what of it has no meaning for a stream and was left out, in sentences. */
export interface LoadedRules {
  readonly rules: readonly Rule[];
  readonly ignored: readonly string[];
}

/**
 * Reads the text of a `gitleaks.toml`: regex, keywords, entropy, secretGroup, allowlists (regexes, stopwords, target,
 * condition). Paths, commits and `extend` have no meaning in a stream. A rule that cannot be used is left out and named;
 * an error means that the file as a whole cannot be read.
 */
export function loadGitleaks(toml: string): Result<LoadedRules> {
  let data: unknown;
  try {
    data = parse(toml);
  } catch (error) {
    return err(`not TOML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = file.safeParse(data);
  if (!parsed.success) return err(z.prettifyError(parsed.error));
  const ignored: string[] = parsed.data.extend === undefined ? [] : ["`extend` is not followed"];
  const everywhere = allowancesOf(
    "the file",
    [parsed.data.allowlist, ...parsed.data.allowlists],
    ignored,
  );
  const rules = parsed.data.rules.flatMap((rule) => ruleOf(rule, everywhere, ignored) ?? []);
  return ok({ rules, ignored });
}

function ruleOf(
  rule: FileRule,
  everywhere: readonly Allowance[],
  ignored: string[],
): Rule | undefined {
  const id = rule.id
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .slice(0, 64);
  if (rule.path !== undefined) ignored.push(`${id}: \`path\` is not known in a stream`);
  if (rule.regex === undefined) return undefined;
  const allow = [...allowancesOf(id, [rule.allowlist, ...rule.allowlists], ignored), ...everywhere];
  const ready: Rule = {
    id,
    pattern: rule.regex,
    ...(rule.entropy === undefined ? {} : { entropy: rule.entropy }),
    ...(rule.keywords.length > 0
      ? { keywords: rule.keywords.map((word) => word.toLowerCase()) }
      : {}),
    allow,
  };
  try {
    const secretGroup = rule.secretGroup ?? firstGroup(rule.regex);
    const complete = secretGroup === undefined ? ready : { ...ready, secretGroup };
    compileRules([complete]);
    return complete;
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    ignored.push(error.message);
    return undefined;
  }
}

/** Without `secretGroup` gitleaks takes the first group for the secret, where there is one. */
function firstGroup(regex: string): number | undefined {
  try {
    return groupsOf(parseRegex(regex))[0]?.index;
  } catch {
    return undefined;
  }
}

function allowancesOf(
  owner: string,
  lists: readonly (AllowList | undefined)[],
  ignored: string[],
): readonly Allowance[] {
  return lists.flatMap((list) => {
    if (list === undefined) return [];
    const elsewhere = list.paths.length + list.commits.length > 0;
    if (elsewhere)
      ignored.push(`${owner}: allowlisted paths and commits are not known in a stream`);
    // What must also be on a certain path is nowhere here.
    const isAnd = list.condition.toUpperCase() === "AND" || list.condition === "&&";
    const isEmpty = list.regexes.length + list.stopwords.length === 0;
    return isEmpty || (isAnd && elsewhere) ? [] : [allowanceOf(list, isAnd)];
  });
}

function allowanceOf({ regexTarget, regexes, stopwords }: AllowList, isAnd: boolean): Allowance {
  return {
    target: regexTarget === "match" || regexTarget === "line" ? regexTarget : "secret",
    patterns: regexes,
    stopwords: stopwords.map((word) => word.toLowerCase()),
    condition: isAnd ? "and" : "or",
  };
}
