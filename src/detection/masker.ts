import { Recent } from "../base/recent.ts";
import type { Masker } from "../core/finding.ts";
import type { Fingerprint, Strategy } from "./mark.ts";
import { Matcher } from "./matcher.ts";
import { Redactor, type Replace } from "./redactor.ts";
import type { RuleSet } from "./rule-set.ts";

export interface MaskerOptions {
  readonly fingerprint: Fingerprint;
  /** `mark` unless said otherwise. */
  readonly strategy?: Strategy;
}

const encoder = new TextEncoder();
const nothing = new Uint8Array(0);
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

/** Finds what that masker finds, which has the same rules, and puts in what `replace` gives. */
export function replacing(
  masker: Masker,
  rules: RuleSet,
  { fingerprint, replace }: MaskerOptions & { readonly replace: Replace },
): Masker {
  const options = { fingerprint, strategy: "mark", replace } as const;
  return {
    ...masker,
    open: (channel, report) =>
      new Redactor(new Matcher(rules, keyOf(channel)), { ...options, channel, report }),
  };
}

/** The key as rules see it: a NUL, which no text has, the name, and how JSON would go on. A name has no key itself. */
function keyOf(channel: string): Uint8Array {
  const name = channel.slice(channel.lastIndexOf(".") + 1);
  if (name.length > longestKey || /^\d*$|:name$/.test(name)) return nothing;
  return encoder.encode(`\0${name}": "`);
}

const mostKeys = 1024;

interface Key {
  readonly context: Uint8Array;
  /** Where the literals' automaton stands after the key; -1 where a rule is at work already. */
  readonly state: number;
}

/** Nothing is found in the text. Where no literal of any rule ends in it, that is seen at once. */
function cleanBy(rules: RuleSet): NonNullable<Masker["clean"]> {
  const { quickLook } = rules;
  const keys = new Recent<Key>(mostKeys);
  const matcher = new Matcher(rules);
  /** Lasting texts that were read to their end for nothing, each with the channel that it was alone in. */
  const known = new WeakMap<Uint8Array, string>();
  const keyFor = (channel: string): Key => {
    const context = keyOf(channel);
    matcher.restart(context);
    const isQuiet = rules.anywhere === undefined && matcher.idle;
    return { context, state: isQuiet ? matcher.state : -1 };
  };
  return (channel, text, lasting = false) => {
    const { context, state } = keys.take(channel, keyFor);
    if (state >= 0 && quickLook.isQuiet(state, text)) return true;
    if (lasting && known.get(text) === channel) return true;
    matcher.restart(context);
    const clean = isClean(matcher, text);
    if (clean && lasting) known.set(text, channel);
    return clean;
  };
}

/** How much of a long text is read at a time, in bytes. */
const stride = 16 * 1024;

/** Whether a matcher that has just begun finds nothing in the whole of a text. */
function isClean(matcher: Matcher, text: Uint8Array): boolean {
  for (let from = 0; from < text.length; from += stride) {
    matcher.scan(text.subarray(from, from + stride));
    if (matcher.spans.length > 0 || matcher.threads.some(({ certain }) => certain)) return false;
    matcher.forget(matcher.hold());
  }
  matcher.end();
  return matcher.spans.length === 0;
}
