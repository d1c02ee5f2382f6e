import type { Masker } from "../core/finding.ts";
import { afterText } from "./aho-corasick.ts";
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
    clean: cleanBy(rules),
  };
}

/** The key as rules see it: a NUL, which no text has, the name, and how JSON would go on. */
function keyOf(channel: string): Uint8Array {
  const name = channel.slice(channel.lastIndexOf(".") + 1);
  if (name.length > longestKey || /^\d*$/.test(name)) return new Uint8Array(0);
  return encoder.encode(`\0${name}": "`);
}

const mostKeys = 1024;

/** No rule is at work after the key, and no literal of any ends in the text: then none ever is. */
function cleanBy(rules: RuleSet): (channel: string, text: Uint8Array) => boolean {
  const { literals } = rules;
  if (rules.anywhere !== undefined) return () => false;
  const keys = new Map<string, number>();
  return (channel, text) => {
    const name = channel.slice(channel.lastIndexOf(".") + 1);
    let state = keys.get(name);
    if (state === undefined) {
      if (keys.size >= mostKeys) keys.clear();
      const primed = new Matcher(rules, keyOf(channel));
      state = primed.idle ? primed.state : -1;
      keys.set(name, state);
    }
    return state >= 0 && afterText(literals, state, text) >= 0;
  };
}
