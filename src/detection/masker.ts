import type { Masker } from "../core/finding.ts";
import type { Fingerprint, Strategy } from "./mark.ts";
import { Matcher } from "./matcher.ts";
import { Redactor } from "./redactor.ts";
import type { RuleSet } from "./rule-set.ts";

export interface MaskerOptions {
  readonly fingerprint: Fingerprint;
  /** `mark` unless said otherwise. */
  readonly strategy?: Strategy;
}

const encoder = new TextEncoder();
const longestKey = 128;

/**
 * Masks by rules. The last name of a channel (`body.client_secret`) counts as the key that its text stands under, so
 * that `{"client_secret": "…"}` is understood though the key is not in the text.
 */
export function createMasker(
  rules: RuleSet,
  { fingerprint, strategy = "mark" }: MaskerOptions,
): Masker {
  return {
    open: (channel, report) =>
      new Redactor(new Matcher(rules, keyOf(channel)), { fingerprint, strategy, channel, report }),
  };
}

/** The key as rules see it: a NUL, which no text has, the name, and how JSON would go on. */
function keyOf(channel: string): Uint8Array {
  const name = channel.slice(channel.lastIndexOf(".") + 1);
  if (name.length > longestKey || /^\d*$/.test(name)) return new Uint8Array(0);
  return encoder.encode(`\0${name}": "`);
}
