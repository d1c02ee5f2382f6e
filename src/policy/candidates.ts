import { all, type Subject } from "./condition.ts";
import type { BoundRule } from "./rule.ts";

/** The rules that could match, in order: all others ask for another place. */
export type Candidates = (subject: Subject) => readonly BoundRule[];

/** Places that are kept; a flood of unknown operation names starts the index anew instead of filling the memory. */
const mostPlaces = 4_096;

/**
 * Indexes rules by place (protocol, operation, access, connection): which rules could match at a place depends on
 * nothing else, and is worked out when the place is first seen.
 */
export function indexRules(rules: readonly BoundRule[]): Candidates {
  const places = new Map<string, readonly BoundRule[]>();
  return (subject) => {
    const { operation, facts } = subject;
    const key = `${operation.access} ${operation.protocol} ${facts.target.connection.name} ${operation.name}`;
    const known = places.get(key);
    if (known !== undefined) return known;
    const found = rules.filter((rule) => all(rule.place, subject) !== false);
    if (places.size >= mostPlaces) places.clear();
    places.set(key, found);
    return found;
  };
}
