import { parse } from "smol-toml";
import { z } from "zod";
import { err, ok, type Result } from "../base/result.ts";
import { parseRegex } from "./regex/parse.ts";
import type { Node } from "./regex/syntax.ts";
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
    secretGroups: secretGroupsOf(rule),
    allow,
  };
  const problem = problemOf(ready);
  if (problem === undefined) return ready;
  const loose: Rule = { ...ready, loose: true };
  if (problemOf(loose) !== undefined) {
    ignored.push(problem);
    return undefined;
  }
  ignored.push(`${id}: \`{m,n}\` is taken as any number, for it has too many states to count`);
  return loose;
}

/** Why a rule cannot run; nothing if it can. */
function problemOf(rule: Rule): string | undefined {
  try {
    compileRules([rule]);
    return undefined;
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return error.message;
  }
}

/**
 * gitleaks takes `secretGroup` for the secret, or else the first group that is not empty. Which that is shows only in the
 * match: all groups count that have none before them in their branch. Named groups are labels there.
 */
function secretGroupsOf({ secretGroup = 0, regex = "" }: FileRule): readonly number[] {
  if (secretGroup > 0) return [secretGroup];
  try {
    return firstGroups(parseRegex(regex));
  } catch {
    return [];
  }
}

function firstGroups(node: Node): readonly number[] {
  switch (node.kind) {
    case "bytes":
    case "assert":
      return [];
    case "group":
      return node.name === undefined ? [node.index] : firstGroups(node.item);
    case "choice":
      return node.options.flatMap(firstGroups);
    case "repeat":
      return firstGroups(node.item);
    case "sequence":
      return node.items.map(firstGroups).find((numbers) => numbers.length > 0) ?? [];
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
