import type { NonEmpty } from "../base/non-empty.ts";
import type { Finding } from "../core/finding.ts";
import type { ApprovalId, RecordId, RuleId, SessionId } from "../core/ids.ts";
import type { Operation } from "../core/operation.ts";
import type { Run } from "../core/principal.ts";

/** Where an approval stands. `consumed` is final and is reached from `approved` once at most. */
export type ApprovalState =
  | "pending"
  | "approved"
  | "denied"
  | "expired"
  | "cancelled"
  | "consumed";

export const approvalStates = [
  "pending",
  "approved",
  "denied",
  "expired",
  "cancelled",
  "consumed",
] as const satisfies readonly ApprovalState[];

/** Who wants something; also every name by which they might turn up again as an approver. */
export interface Requester {
  readonly id: string;
  /** Lower case: the principal id, and the login and numeric id of each actor behind a CI run. */
  readonly aliases: readonly string[];
  readonly run?: Run;
}

/** What approvers are shown of the request: masked, and cut where it is long. */
export interface Preview {
  readonly method: string;
  readonly authority: string;
  /** Path and query, masked. */
  readonly path: string;
  readonly contentType: string;
  /** Masked text; absent where the body is empty, not text, or cannot be masked. */
  readonly body?: string;
  /** The files that it changes; `unlisted` counts those that are not named, `complete` is false where nobody knows. */
  readonly changes?: {
    readonly files: readonly FilePreview[];
    readonly unlisted: number;
    readonly complete: boolean;
  };
  /** Other files that the body carries in base64: masked text, absent where it is not text. */
  readonly files?: readonly {
    readonly path: string;
    readonly text?: string;
    readonly bytes: number;
    readonly cut: boolean;
  }[];
  /** The length of the true body in bytes, and whether `body` shows less than all of it. */
  readonly bytes: number;
  readonly cut: boolean;
  readonly findings: readonly Finding[];
}

/** One file that a request changes. */
export interface FilePreview {
  readonly path: string;
  /** The ref on which it changes, where the request changes several. */
  readonly ref?: string;
  /** `written`: nobody can tell what was there; `unread`: nobody looked. */
  readonly kind: "added" | "removed" | "changed" | "written" | "unread";
  /** The hunks of a unified diff, masked; absent where it cannot be shown. */
  readonly diff?: string;
  /** Whether there is more to the change than `diff` shows. */
  readonly cut: boolean;
  /** Sentences on what the diff does not tell. */
  readonly notes: readonly string[];
}

/** Who may say yes, and on what terms. Part of what an approval is bound to. */
export interface Terms {
  /** `group:name`, or a principal id. */
  readonly by: NonEmpty<string>;
  /** How many different people must say yes. */
  readonly count: number;
  readonly reason: "required" | "optional";
  /** Who may open the gate without the people named in `by`, how many of them, and for how long (ms). */
  readonly breakGlass?: BreakGlass;
  /** What an approver may grant beyond this one request, and for how long at most (ms). */
  readonly grants?: Grants;
}

export interface BreakGlass {
  readonly by: NonEmpty<string>;
  readonly count: number;
  readonly within: number;
}

export interface Grants {
  readonly scopes: readonly GrantScope[];
  readonly upTo: number;
}

/** `session`: the same rule for the rest of this session; `resource`: the same rule, operation and resource in any session. */
export type GrantScope = "session" | "resource";

/** What is asked. It never changes once it is asked. */
export interface Ask {
  readonly id: ApprovalId;
  /** Keyed digest of principal, session, rule, terms, policy and the canonical request: what the approval is good for. */
  readonly binding: string;
  /** Keyed digests under which a grant from this approval would be found. */
  readonly grantKeys: Readonly<Record<GrantScope, string>>;
  readonly session: SessionId;
  readonly requester: Requester;
  readonly operations: NonEmpty<Operation>;
  readonly rule: RuleId;
  readonly digests?: { readonly rule: string; readonly policy: string };
  readonly terms: Terms;
  readonly preview: Preview;
  /** How long it stays open, in milliseconds. The store's own clock says when that began. */
  readonly within: number;
}

/** One person's word on an approval. */
export interface Say {
  readonly by: string;
  /** Lower case: every name of that person, so that one person is not counted twice. */
  readonly aliases: readonly string[];
  readonly verdict: "approve" | "deny";
  readonly reason: string;
  readonly at: number;
  readonly breakGlass: boolean;
  readonly grant?: { readonly scope: GrantScope; readonly within: number };
}

/** A standing permission for like requests, given along with an approval. */
export interface Grant {
  readonly scope: GrantScope;
  readonly key: string;
  readonly until: number;
  readonly revoked?: { readonly by: string; readonly at: number };
}

/** What has become of an ask so far. `version` counts its changes. Times are the store's, in milliseconds since the epoch. */
export interface Standing {
  readonly state: ApprovalState;
  readonly version: number;
  readonly askedAt: number;
  readonly expiresAt: number;
  /** The exchange that asked last: only it may cancel. */
  readonly askedBy: RecordId;
  readonly says: readonly Say[];
  readonly settledAt?: number;
  /** The exchange that went through on it, and when. */
  readonly used?: { readonly by: RecordId; readonly at: number };
  readonly grant?: Grant;
  /** Opened by break-glass: somebody must look at it afterwards. */
  readonly review?: {
    readonly done?: { readonly by: string; readonly note: string; readonly at: number };
  };
}

export interface Approval {
  readonly ask: Ask;
  readonly standing: Standing;
}

/** The first standing of an ask. */
export function opened(ask: Ask, askedBy: RecordId, now: number): Standing {
  return {
    state: "pending",
    version: 1,
    askedAt: now,
    expiresAt: now + ask.within,
    askedBy,
    says: [],
  };
}

/** Whether time has run out on an approval that was not used. */
export function lapsed({ state, expiresAt }: Standing, now: number): boolean {
  return (state === "pending" || state === "approved") && now >= expiresAt;
}

/** Whether an approval is the answer to the same request asked again: a denial is, for as long as it was asked for. */
export function answers(standing: Standing, now: number): boolean {
  if (standing.state === "denied") return now < standing.expiresAt;
  return (standing.state === "pending" || standing.state === "approved") && !lapsed(standing, now);
}

/** Whether the grant of an approval still holds. */
export function grantHolds({ grant }: Standing, now: number): boolean {
  return grant !== undefined && grant.revoked === undefined && now < grant.until;
}
