import type { Facts } from "../core/facts.ts";
import type { Operation } from "../core/operation.ts";

/** One operation of one request: what a rule is asked about. */
export interface Subject {
  readonly facts: Facts;
  readonly operation: Operation;
}

/** It cannot be told whether a condition holds. The reason never repeats the client's words. */
export interface Undecidable {
  readonly kind: "undecidable";
  readonly reason: string;
}

export type Verdict = boolean | Undecidable;

/** A part of a request that recordings may lack. */
export type Part = "claims" | "headers" | "body";

/** One thing that a rule asks for. */
export interface Condition {
  /** What it looks at beyond what every audit record holds. */
  readonly reads?: readonly Part[];
  /** Where it stands in the rule: `resource`, `principal.groups`, `if`. */
  readonly name: string;
  test(subject: Subject): Verdict;
  /** What is there instead, for a person to read. */
  found(subject: Subject): string;
}

/**
 * Of a value that holds several (a list of paths, a header sent twice): a rule that refuses or asks a person matches
 * where one of them does, a rule that lets go only where all of them do. In doubt, the strict reading.
 */
export type Reading = "some" | "every";

/** Applies a test to several values; none of none. */
export function quantify<T>(
  reading: Reading,
  values: readonly T[],
  test: (value: T) => boolean,
): boolean {
  return values.length > 0 && (reading === "some" ? values.some(test) : values.every(test));
}

export function undecidable(reason: string): Undecidable {
  return { kind: "undecidable", reason };
}

/** All conditions together: the first that does not hold settles it. */
export function all(conditions: readonly Condition[], subject: Subject): Verdict {
  let doubt: Verdict = true;
  for (const condition of conditions) {
    const verdict = condition.test(subject);
    if (verdict === false) return false;
    if (verdict !== true) doubt = verdict;
  }
  return doubt;
}
