import type { Problem } from "../yaml/problem.ts";
import type { Mode } from "./effect.ts";
import type { BoundRule } from "./rule.ts";
import { shadowsOf } from "./shadow.ts";

/** What is allowed but should be known: what only observes, and rules that can never rule. */
export function warningsOf(rules: readonly BoundRule[], mode: Mode): readonly Problem[] {
  const [first] = rules;
  const whole: readonly Problem[] =
    mode === "observe" && first !== undefined
      ? [{ file: first.source.file, line: 1, column: 1, message: observing }]
      : [];
  const shadows = shadowsOf(rules);
  const single = rules.flatMap((rule) => {
    const observes = mode === "enforce" && rule.mode === "observe";
    const shadow = shadows.get(rule);
    return [
      ...(observes ? [at(rule, `rule "${rule.id}" only observes`)] : []),
      ...(shadow === undefined ? [] : [at(rule, shadowed(rule, shadow))]),
    ];
  });
  return [...whole, ...single];
}

const observing = "the whole policy only observes: nothing is refused and nobody is asked";

function shadowed(rule: BoundRule, by: BoundRule): string {
  return `rule "${rule.id}" can never rule: "${by.id}" above it matches all that it does`;
}

function at({ source: { file, line, column } }: BoundRule, message: string): Problem {
  return { file, line, column, message };
}
