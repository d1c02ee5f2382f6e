import type { Problem } from "../yaml/problem.ts";
import type { Mode } from "./effect.ts";
import type { BoundRule } from "./rule.ts";

/** What is allowed but should be known: rules that only observe. */
export function warningsOf(rules: readonly BoundRule[], mode: Mode): readonly Problem[] {
  const warnings: Problem[] = [];
  const [first] = rules;
  if (mode === "observe" && first !== undefined)
    warnings.push({
      file: first.source.file,
      line: 1,
      column: 1,
      message: "the whole policy only observes: nothing is refused and nobody is asked",
    });
  for (const rule of rules)
    if (rule.mode === "observe" && mode === "enforce")
      warnings.push(warning(rule, `rule "${rule.id}" only observes`));
  return warnings;
}

function warning({ source: { file, line, column } }: BoundRule, message: string): Problem {
  return { file, line, column, message };
}
