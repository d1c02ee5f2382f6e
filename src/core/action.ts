import type { ZodType } from "zod";
import type { BoundAction } from "./decision.ts";

/** Something that a rule can order, by the name that policy files give it. */
export interface Action {
  readonly name: string;
  /** `refuses`: whatever is asked of it, so that a rule that orders it is a denial. */
  readonly kind: "refuses" | "lets";
  /** What may stand after the name in a policy file: strict, so that a misspelt parameter is an error. */
  readonly parameters: ZodType;
  /** Fills in parameters that `parameters` has read. Done once, when the policy is loaded. */
  bind(parameters: unknown): BoundAction;
}
