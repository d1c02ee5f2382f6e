import type { Action } from "../core/action.ts";

/** The words that a policy may use. What is absent here is not checked. */
export interface Vocabulary {
  readonly actions: readonly Action[];
  readonly connections?: readonly string[];
  readonly issuers?: readonly string[];
  readonly operations?: readonly string[];
  readonly protocols?: readonly string[];
}
