import { z } from "zod";
import type { Facts } from "../../core/facts.ts";
import type { Masker } from "../../core/finding.ts";
import { type Edits, edit, refuse } from "../../core/outcome.ts";
import type { Reversal } from "../../core/reversal.ts";
import type { Action } from "../action.ts";
import { defineAction } from "../action.ts";

/** What stands in a secret's place: a mark that names rule and fingerprint, as many stars, or one fixed word. */
export type MaskStrategy = "mark" | "stars" | "fixed";

/** Whom an exchange belongs to. */
export type Whose = Pick<Facts, "principal" | "session" | "target">;

/** One session's secrets, and what puts placeholders in for them. */
export interface Reversible {
  readonly reversal: Reversal;
  masker(ruleSets: readonly string[]): Masker;
}

/** Where maskers come from. */
export interface Maskers {
  /** The rule sets that can be named; `default` is among them. */
  readonly ruleSets: readonly string[];
  /** A masker for all of these rule sets at once, the same for the same. Called when the policy is loaded, never per request. */
  masker(ruleSets: readonly string[], strategy: MaskStrategy): Masker;
  /** What was put away for this session, the same for the same facts. Rejects where it cannot be read; absent: nothing can be. */
  reversible?(whose: Whose): Promise<Reversible>;
}

/**
 * `mask: { rules, direction, strategy, thinking }`: replaces secrets in the text of the request, the response, or both. `reversible`
 * puts placeholders into the request that its session gets back as they were, wherever an answer names them.
 */
export function maskAction(maskers: Maskers): Action {
  const ruleSet = z.enum(maskers.ruleSets);
  const parameters = z
    .strictObject({
      rules: z.union([ruleSet, z.array(ruleSet).min(1)]).default("default"),
      direction: z.enum(["request", "response", "both"]).default("both"),
      strategy: z.enum(["mark", "stars", "fixed", "reversible"]).default("mark"),
      thinking: z.enum(["restore", "omit", "drop"]).default("restore"),
    })
    .refine(
      ({ direction, strategy }) => strategy !== "reversible" || direction !== "response",
      "strategy: reversible hides what is in requests: direction must be request or both",
    )
    .refine(
      ({ direction, thinking }) => thinking === "restore" || direction !== "request",
      "thinking is in answers: direction must be response or both",
    );
  return defineAction("mask", parameters, ({ rules, direction, strategy, thinking }) => {
    const sets = typeof rules === "string" ? [rules] : rules;
    const masker = maskers.masker(sets, strategy === "reversible" ? "mark" : strategy);
    const answers = {
      ...(direction === "request" ? {} : { responseMaskers: [masker] }),
      ...(thinking === "restore" ? {} : { thinking }),
    };
    if (strategy === "reversible")
      return { name: "mask", stage: "edit", enforce: reversing(maskers, sets, answers) };
    const outcome = edit({
      ...(direction === "response" ? {} : { requestMaskers: [masker] }),
      ...answers,
    });
    return { name: "mask", stage: "edit", enforce: () => outcome };
  });
}

function reversing(
  maskers: Maskers,
  sets: readonly string[],
  answers: Pick<Edits, "responseMaskers" | "thinking">,
) {
  return async (facts: Facts) => {
    const open = maskers.reversible;
    if (open === undefined)
      return refuse("unavailable", "Sallyport cannot keep what it would hide in this request.");
    const { reversal, masker } = await open(facts);
    return edit({ reversal, requestMaskers: [masker(sets)], ...answers });
  };
}
