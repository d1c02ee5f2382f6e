import type { Draft } from "../base/draft.ts";
import type { Secret } from "../base/secret.ts";
import type { Gone } from "./departure.ts";
import type { Masker } from "./finding.ts";
import type { ApprovalId } from "./ids.ts";
import type { RefusalCode } from "./refusal.ts";
import type { Reversal } from "./reversal.ts";

/** `omit`: it cannot be read, and is given back to the model all the same; `drop`: it is taken out. */
export type Thinking = "omit" | "drop";

/** What to change in an exchange before it goes on. */
export interface Edits {
  /** The stored credential, as the whole value of the upstream's `authorization` header. */
  readonly authorization?: Secret;
  readonly requestMaskers?: readonly Masker[];
  readonly responseMaskers?: readonly Masker[];
  /** What becomes of a model's thinking; absent: it is masked, and restored on its way back. */
  readonly thinking?: Thinking;
  /** What the request's maskers put away, so that the answer can have it back; one for one exchange. */
  readonly reversal?: Reversal;
}

/** Why a wait is aborted where the client has not left: another process goes on waiting for the same approval. */
export const handedOver = Symbol("handed over");

/** A request that waits for a person. */
export interface Parking {
  readonly approval: ApprovalId;
  /** How long the client is held, in milliseconds. */
  readonly hold: number;
  /**
   * Resolves once: proceed when the approval was given and used up, refuse when it was denied, expired or still
   * pending at the end of the hold. That it is gone says that the client left, and voids what may be voided,
   * unless its reason is `handedOver`.
   */
  settle(gone: Gone): Promise<Settled>;
}

export interface Proceed {
  readonly kind: "proceed";
  readonly edits: Edits;
}

export interface Refuse {
  readonly kind: "refuse";
  readonly code: RefusalCode;
  readonly message: string;
}

export type Settled = Proceed | Refuse;

/** Everything that an action can say. */
export type Outcome = Settled | { readonly kind: "park"; readonly parking: Parking };

export const proceed: Proceed = { kind: "proceed", edits: {} };

export function edit(edits: Edits): Proceed {
  return { kind: "proceed", edits };
}

export function refuse(code: RefusalCode, message: string): Refuse {
  return { kind: "refuse", code, message };
}

/** Both edits; of two values for one thing the later wins, maskers add up. */
export function merge(a: Edits, b: Edits): Edits {
  if (a === proceed.edits) return b;
  if (b === proceed.edits) return a;
  const merged: Draft<Edits> = { ...a, ...b };
  if (a.thinking === "drop") merged.thinking = "drop";
  if (a.requestMaskers !== undefined && b.requestMaskers !== undefined)
    merged.requestMaskers = [...a.requestMaskers, ...b.requestMaskers];
  if (a.responseMaskers !== undefined && b.responseMaskers !== undefined)
    merged.responseMaskers = [...a.responseMaskers, ...b.responseMaskers];
  return merged;
}
