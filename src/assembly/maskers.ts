import type { Maskers } from "../actions/mask/index.ts";
import type { Secret } from "../base/secret.ts";
import type { builtinRuleSets } from "../config/masking.ts";
import type { Masker } from "../core/finding.ts";
import { textMasker } from "../core/text-masker.ts";
import { exactMasker } from "../detection/exact.ts";
import { type Fingerprint, fingerprinter } from "../detection/mark.ts";
import { createMasker, replacing } from "../detection/masker.ts";
import type { Replace } from "../detection/redactor.ts";
import type { Rule } from "../detection/rule.ts";
import { compileRules, type RuleSet } from "../detection/rule-set.ts";
import { defaultRules, piiRules } from "../detection/rules/index.ts";

type Sets = Readonly<Record<string, readonly Rule[]>>;

const builtin: Readonly<Record<(typeof builtinRuleSets)[number], readonly Rule[]>> = {
  default: defaultRules,
  pii: piiRules,
};

/** Every masker of one installation, under one fingerprint key. */
export interface HouseMaskers extends Maskers {
  /** Masks these very values, in every encoding; built once for as long as the list stays the same. */
  exact(secrets: readonly Secret[]): Masker;
  /** Finds what these rule sets find, and puts in what `replace` gives. */
  replacing(ruleSets: readonly string[], replace: Replace): Masker;
  readonly fingerprint: Fingerprint;
  /** Takes secrets out of short texts that clients wrote, for the record. */
  maskText(text: string): string;
}

/** `own` are rule sets that the operator adds, by name. */
export function openMaskers(key: Uint8Array, own: Sets = {}): HouseMaskers {
  const sets: Sets = { ...own, ...builtin };
  const rulesOf = (name: string): readonly Rule[] => {
    const rules = sets[name];
    if (rules === undefined) throw new TypeError(`there is no rule set ${name}`);
    return rules;
  };
  const fingerprint = fingerprinter(key);
  const compiled = new Map<string, RuleSet>();
  const ruleSet = (names: readonly string[]): RuleSet => {
    const asked = [...new Set(names)].sort();
    const key = asked.join(" ");
    const known = compiled.get(key) ?? compileRules(asked.flatMap(rulesOf));
    compiled.set(key, known);
    return known;
  };
  const made = new Map<string, Masker>();
  const maskText = textMasker(createMasker(ruleSet(["default"]), { fingerprint }));
  let last: { readonly secrets: readonly Secret[]; readonly masker: Masker } | undefined;
  const masker: Maskers["masker"] = (names, strategy) => {
    const key = `${strategy} ${[...new Set(names)].sort().join(" ")}`;
    const known = made.get(key) ?? createMasker(ruleSet(names), { fingerprint, strategy });
    made.set(key, known);
    return known;
  };
  return {
    ruleSets: Object.keys(sets),
    masker,
    fingerprint,
    replacing: (names, replace) =>
      replacing(masker(names, "mark"), ruleSet(names), { fingerprint, replace }),
    exact: (secrets) => {
      if (last === undefined || (last.secrets !== secrets && !same(last.secrets, secrets)))
        last = { secrets, masker: exactMasker(secrets, { fingerprint, rule: "credential" }) };
      return last.masker;
    },
    maskText: (text) => maskText("record", text),
  };
}

function same(a: readonly Secret[], b: readonly Secret[]): boolean {
  return a.length === b.length && a.every((secret, index) => secret === b[index]);
}
