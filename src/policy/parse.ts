import { isNonEmpty, type NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import { byPosition, type Problem } from "../yaml/problem.ts";
import { type Contents, readContents, type Source } from "./contents.ts";
import { possibilities } from "./could-let.ts";
import { digestOf } from "./digest.ts";
import type { Mode } from "./effect.ts";
import { evaluator } from "./evaluate.ts";
import { explainer } from "./explain.ts";
import { forbidder } from "./forbids.ts";
import { gatherRules, type Presets } from "./gather.ts";
import { type LastResort, lastResortOf } from "./last-resort.ts";
import type { Policy } from "./policy.ts";
import type { BoundRule } from "./rule.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { warningsOf } from "./warnings.ts";

/**
 * Reads the files of one policy, in the order in which their rules are tried: the policy, bound, or every problem in all
 * of them at once.
 */
export function parsePolicy(
  sources: NonEmpty<Source>,
  presets: Presets,
  vocabulary: Vocabulary,
): Result<Policy, NonEmpty<Problem>> {
  const problems: Problem[] = [];
  const tell = (problem: Problem) => {
    problems.push(problem);
  };
  const files = sources.flatMap((source) => readContents(source, tell) ?? []);
  const mode = single(files, "mode", tell)?.mode ?? "enforce";
  const lastResort = lastResortOf(
    single(files, "otherwise", tell)?.document,
    vocabulary,
    mode,
    tell,
  );
  const { rules, included } = gatherRules(files, presets, vocabulary, mode, tell);
  problems.sort(byPosition);
  if (isNonEmpty(problems)) return err(problems);
  const written = [...files, ...included].map(({ document }) => document.value);
  return ok(bound(rules, lastResort, digestOf(written), mode));
}

/** The one file that says it; saying it in two is told. */
function single(
  files: readonly Contents[],
  key: "mode" | "otherwise",
  tell: (problem: Problem) => void,
): Contents | undefined {
  const [first, ...others] = files.filter((file) => file[key] !== undefined);
  for (const { document } of others)
    tell(document.problemWithKey([key], `another file says "${key}" already`));
  return first;
}

function bound(
  rules: readonly BoundRule[],
  lastResort: LastResort,
  digest: string,
  mode: Mode,
): Policy {
  const lenient = mode === "observe";
  return {
    digest,
    rules: rules.map(({ id, effect, mode: own, source: { file, line } }) => ({
      id,
      effect,
      mode: own,
      file,
      line,
    })),
    warnings: warningsOf(rules, mode),
    forbids: forbidder(rules, lastResort, lenient),
    couldLet: possibilities(rules, lastResort),
    evaluate: evaluator(rules, lastResort, digest, lenient),
    explain: explainer(rules, lastResort, lenient),
  };
}
