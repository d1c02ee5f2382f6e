import { passes } from "./checks.ts";
import { hasChecksum } from "./checksum.ts";
import { entropy } from "./entropy.ts";
import { withoutMarks } from "./mark.ts";
import { compileSearch } from "./regex/search.ts";
import type { Allowance, Rule } from "./rule.ts";

/** What else of the text is at hand. */
export interface Around {
  readonly match: Uint8Array;
  /** The match and a little before it. */
  readonly near: Uint8Array;
  /** From the line's start, as far as it is known. */
  readonly line: Uint8Array;
}

/** What stands around is looked at by few rules, and costs more than the rest. */
type Judge = (value: Uint8Array, around: () => Around) => boolean;

/** Decides whether bytes that have a rule's form are a secret: what is masked already, too plain or allowed is none. */
export function judgeOf(rule: Rule): Judge {
  const allowances = (rule.allow ?? []).map(allowanceOf);
  const checks = rule.checks ?? [];
  return (bytes, around) => {
    const written = latin1(bytes);
    const value = withoutMarks(written);
    if (value === "") return false;
    if (rule.proof === "checksum" && hasChecksum(value)) return true;
    return (
      entropy(value === written ? bytes : Buffer.from(value, "latin1")) >= (rule.entropy ?? 0) &&
      checks.every((check) => passes(check, value)) &&
      (rule.keywords === undefined || hasKeyword(rule.keywords, around().near)) &&
      !allowances.some((allows) => allows(bytes, around))
    );
  };
}

/**
 * Tells of a value that is too long to be kept, by its first 4,096 bytes, that it is none of that rule's: a JOSE header of
 * such a length has said long ago that it is one, a source map's or an image's base64 has not.
 */
export function refuterOf(rule: Rule): (beginning: Uint8Array) => boolean {
  if (!rule.checks?.includes("jwt")) return () => false;
  return (beginning) => !passes("jwt", latin1(beginning));
}

function hasKeyword(keywords: readonly string[], near: Uint8Array): boolean {
  const text = latin1(near).toLowerCase();
  return keywords.some((word) => text.includes(word));
}

function allowanceOf({ target, patterns, stopwords, condition }: Allowance): Judge {
  const searches = patterns.map(compileSearch);
  return (bytes, around) => {
    const text = target === "secret" ? bytes : around()[target];
    const byPattern = searches.some((search) => search(text));
    const byWord = stopwords.length > 0 && hasKeyword(stopwords, bytes);
    if (condition === "or") return byPattern || byWord;
    return (searches.length === 0 || byPattern) && (stopwords.length === 0 || byWord);
  };
}

/** One character a byte. */
function latin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}
