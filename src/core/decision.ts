import type { NonEmpty } from "../base/non-empty.ts";
import type { Facts } from "./facts.ts";
import type { RuleId } from "./ids.ts";
import type { Keep } from "./keep.ts";
import type { Operation } from "./operation.ts";
import type { Outcome } from "./outcome.ts";

/**
 * When an action runs: every `refuse` of every ruling before any `wait`, every `wait` before any `edit`,
 * so that a denial pre-empts an approval and a credential is fetched only for what goes on.
 */
export type Stage = "refuse" | "wait" | "edit";

/** An action with its parameters filled in, ready to run. */
export interface BoundAction {
  readonly name: string;
  readonly stage: Stage;
  /** How much of the exchange is to be kept for replay, where that is what it orders: also of one that is refused. */
  readonly keep?: Keep;
  enforce(facts: Facts, ruling: Ruling): Outcome | Promise<Outcome>;
}

/** What policy says of one operation, and which rule said it. */
export interface Ruling {
  readonly operation: Operation;
  readonly rule: RuleId;
  readonly actions: NonEmpty<BoundAction>;
  /** Rules in `mode: observe` that would have ruled this operation, had they been enforced. */
  readonly observed: readonly RuleId[];
  /** SHA-256, in hex, of the rule's canonical form and of the policy's: an approval under one wording is void under another. */
  readonly digests?: { readonly rule: string; readonly policy: string };
}

/** What policy says of one request: it goes on only if every ruling lets it. */
export interface Decision {
  readonly rulings: NonEmpty<Ruling>;
  /** SHA-256 of the policy's canonical form, in hex. */
  readonly policyDigest: string;
}
