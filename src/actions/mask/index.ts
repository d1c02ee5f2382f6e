import { z } from "zod";
import type { Masker } from "../../core/finding.ts";
import { edit } from "../../core/outcome.ts";
import type { Action } from "../action.ts";
import { defineAction } from "../action.ts";

/** What stands in a secret's place: a mark that names rule and fingerprint, as many stars, or one fixed word. */
export type MaskStrategy = "mark" | "stars" | "fixed";

/** Where maskers come from. */
export interface Maskers {
  /** The rule sets that can be named; `default` is among them. */
  readonly ruleSets: readonly string[];
  /** A masker for all of these rule sets at once, the same for the same. Called when the policy is loaded, never per request. */
  masker(ruleSets: readonly string[], strategy: MaskStrategy): Masker;
}

/** `mask: { rules, direction, strategy }`: replaces secrets in the text of the request, the response, or both. */
export function maskAction(maskers: Maskers): Action {
  const ruleSet = z.enum(maskers.ruleSets);
  const parameters = z.strictObject({
    rules: z.union([ruleSet, z.array(ruleSet).min(1)]).default("default"),
    direction: z.enum(["request", "response", "both"]).default("both"),
    strategy: z.enum(["mark", "stars", "fixed"]).default("mark"),
  });
  return defineAction("mask", parameters, ({ rules, direction, strategy }) => {
    const masker = maskers.masker(typeof rules === "string" ? [rules] : rules, strategy);
    const outcome = edit({
      ...(direction === "response" ? {} : { requestMaskers: [masker] }),
      ...(direction === "request" ? {} : { responseMaskers: [masker] }),
    });
    return { name: "mask", stage: "edit", enforce: () => outcome };
  });
}
