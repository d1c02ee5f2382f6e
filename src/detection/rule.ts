import type { Check } from "./checks.ts";

/**
 * How to recognise one kind of secret. Plain data, so that it can come from a file.
 */
export interface Rule {
  /** Lower-case letters, digits and dashes: it goes into the mark. */
  readonly id: string;
  /**
   * RE2 syntax, over UTF-8 bytes, searched for anywhere. The groups called `secret` hold the value; without one it is
   * the whole match. The fixed prefix that such a value begins with (`ghp_`) is public and stays readable.
   */
  readonly pattern: string;
  /** The groups that hold the value, by their numbers, where none is called `secret`; none is the whole match. */
  readonly secretGroups?: readonly number[];
  /** Counted ranges are taken as "any number": for a pattern that would need too many states to count. */
  readonly loose?: boolean;
  /** The least Shannon entropy of the value, in bits per byte. */
  readonly entropy?: number;
  /** A value with a right checksum is a secret without further question. */
  readonly proof?: "checksum";
  /** What the value must also be. All must hold. */
  readonly checks?: readonly Check[];
  /** One of these words must stand in the match or in the 64 bytes before it; lower case. */
  readonly keywords?: readonly string[];
  /** A value (or match, or line, as each says) that one of these matches is no secret. */
  readonly allow?: readonly Allowance[];
  readonly examples?: Examples;
}

export interface Allowance {
  readonly target: "secret" | "match" | "line";
  /** RE2 syntax, found anywhere in the target. */
  readonly patterns: readonly string[];
  /** Words, lower case, found anywhere in the value. */
  readonly stopwords: readonly string[];
  /** Whether one of both is enough, or both must be found. */
  readonly condition: "or" | "and";
}

/** Text that must be masked, and text that must pass, by this rule alone. */
export interface Examples {
  readonly secrets: readonly string[];
  readonly harmless: readonly string[];
}
