import { Recent } from "../base/recent.ts";
import { all, type Subject } from "./condition.ts";
import type { BoundRule } from "./rule.ts";

/** The rules that could match, in order: all others ask for another place. */
export type Candidates = (subject: Subject) => readonly BoundRule[];

/** Places that are kept, however many unknown operation names a flood brings. */
const mostPlaces = 4_096;

/**
 * Indexes rules by place (protocol, operation, access, connection): which rules could match at a place depends on
 * nothing else, and is worked out when the place is first seen.
 */
export function indexRules(rules: readonly BoundRule[]): Candidates {
  const places = new Recent<readonly BoundRule[]>(mostPlaces);
  return (subject) => {
    const { operation, facts } = subject;
    const key = `${operation.access} ${operation.protocol} ${facts.target.connection.name} ${operation.name}`;
    return places.take(key, () => rules.filter((rule) => all(rule.place, subject) !== false));
  };
}
