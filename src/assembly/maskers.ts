import type { Maskers } from "../actions/mask/index.ts";
import type { Secret } from "../base/secret.ts";
import type { Masker } from "../core/finding.ts";
import { exactMasker } from "../detection/exact.ts";
import { fingerprinter } from "../detection/mark.ts";
import { createMasker } from "../detection/masker.ts";
import { compileRules } from "../detection/rule-set.ts";
import { defaultRules } from "../detection/rules/index.ts";

/** Every masker of one installation, under one fingerprint key. */
export interface HouseMaskers extends Maskers {
  /** Masks these very values, in every encoding; built once for as long as the list stays the same. */
  exact(secrets: readonly Secret[]): Masker;
  /** Takes secrets out of short texts that clients wrote, for the record. */
  maskText(text: string): string;
}

export function openMaskers(key: Uint8Array): HouseMaskers {
  const fingerprint = fingerprinter(key);
  const sets = { default: compileRules(defaultRules) };
  let last: { readonly secrets: readonly Secret[]; readonly masker: Masker } | undefined;
  const text = createMasker(sets.default, { fingerprint });
  return {
    ruleSets: Object.keys(sets),
    masker: (_ruleSets, strategy) => createMasker(sets.default, { fingerprint, strategy }),
    exact: (secrets) => {
      if (last === undefined || !same(last.secrets, secrets))
        last = { secrets, masker: exactMasker(secrets, { fingerprint, rule: "credential" }) };
      return last.masker;
    },
    maskText: (value) => {
      const transform = text.open("record", () => undefined);
      const first = transform.write(Buffer.from(value, "utf8"));
      return Buffer.concat([first, transform.flush()]).toString("utf8");
    },
  };
}

function same(a: readonly Secret[], b: readonly Secret[]): boolean {
  return a.length === b.length && a.every((secret, index) => secret === b[index]);
}
