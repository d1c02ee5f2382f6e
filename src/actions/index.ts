import type { Action } from "./action.ts";
import { allowAction } from "./allow/index.ts";
import { denyAction } from "./deny/index.ts";
import { type CredentialHeaders, injectAction } from "./inject/index.ts";
import { type Counters, limitAction } from "./limit/index.ts";
import { type Maskers, maskAction } from "./mask/index.ts";
import { recordAction } from "./record/index.ts";
import { scanAction } from "./scan/index.ts";

/** What the actions need from the rest of the house. */
export interface ActionParts {
  readonly maskers: Maskers;
  readonly credentials: CredentialHeaders;
  readonly counters: Counters;
  /** `approveAction(approvals)`. */
  readonly approve: Action;
}

/** Every action that a policy can order, in the order in which the documentation tells of them. */
export function builtinActions(parts: ActionParts): readonly Action[] {
  return [
    allowAction,
    denyAction,
    parts.approve,
    maskAction(parts.maskers),
    scanAction(parts.maskers),
    injectAction(parts.credentials),
    recordAction,
    limitAction(parts.counters),
  ];
}
