import type { Facts } from "../core/facts.ts";
import { indexRules } from "./candidates.ts";
import type { Condition, Subject } from "./condition.ts";
import type { LastResort } from "./last-resort.ts";
import type { BoundRule } from "./rule.ts";

/**
 * Tells of requests that could be let go, or put before a person, if only they said the right things: whatever an
 * operation does not tell yet may be anything. Who asks, which operation it is and what it tells are settled.
 */
export function possibilities(
  rules: readonly BoundRule[],
  lastResort: LastResort,
): (facts: Facts) => boolean {
  const candidates = indexRules(rules);
  const inTheEnd = lastResort.effect !== "deny" || lastResort.softened;
  return (facts) =>
    facts.operations.every((operation) => {
      const subject = { facts, operation };
      for (const rule of candidates(subject)) {
        const may = speaks(rule, subject);
        if (may !== undefined) return may;
      }
      return inTheEnd;
    });
}

/** What the rule makes of it: it may let it go, it refuses it for certain, or the next rule is to be asked. */
function speaks(rule: BoundRule, subject: Subject): boolean | undefined {
  const chance = rule.mode === "observe" ? "no" : chanceOf(rule, subject);
  if (chance === "no") return undefined;
  if (rule.effect !== "deny" || rule.softened) return true;
  return chance === "certain" ? false : undefined;
}

function chanceOf(rule: BoundRule, subject: Subject): "no" | "certain" | "open" {
  let open = false;
  for (const condition of rule.conditions) {
    const verdict = isSettled(condition, subject) ? condition.test(subject) : undefined;
    if (verdict === false) return "no";
    if (verdict !== true) open = true;
  }
  return open ? "open" : "certain";
}

const ofTheAsker = /^(protocol|operation|connection|access)$|^principal\./;

function isSettled({ name }: Condition, { operation }: Subject): boolean {
  if (ofTheAsker.test(name)) return true;
  const [, attribute] = /^attributes\.(.+)$/.exec(name) ?? [];
  return (
    attribute !== undefined &&
    Object.hasOwn(operation.attributes, attribute) &&
    !(operation.unknown ?? []).includes(attribute)
  );
}
