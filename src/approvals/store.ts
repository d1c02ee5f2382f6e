import type { NonEmpty } from "../base/non-empty.ts";
import type { Result } from "../base/result.ts";
import type { ApprovalId, RecordId } from "../core/ids.ts";
import type { Approval, ApprovalState, Ask, Standing } from "./approval.ts";
import type { Outbox } from "./outbox.ts";
import type { Place } from "./place.ts";
import type { Move, Objection } from "./transition.ts";

/** That an approval changed; sent to every watcher in every process that shares the store. */
export interface Change {
  readonly id: ApprovalId;
  readonly state: ApprovalState;
  readonly version: number;
  readonly at: number;
}

/** The store cannot tell or cannot be written now: whatever needs it must be refused. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}

/** The requester has too much waiting already: nothing was opened. */
export class TooManyPending extends Error {
  override readonly name = "TooManyPending";
}

/** Which approvals to list, newest first. */
export interface ApprovalQuery {
  readonly state?: ApprovalState;
  /** At most this many, 200 by default. */
  readonly limit?: number;
  /** Only those behind this place: the next page. */
  readonly before?: Place;
}

/** What came of asking: a grant covers it, or this approval is the one to wait for. */
export type Opened =
  | { readonly kind: "granted"; readonly approval: Approval }
  | { readonly kind: "open"; readonly approval: Approval; readonly fresh: boolean };

/**
 * Where approvals live. Every change is atomic and durable before the promise resolves, and legal by
 * `transition`, with the store's own time. It rejects with
 * `StoreUnavailable` where it cannot tell or cannot keep what it was told: fail closed.
 */
export interface ApprovalStore {
  /**
   * Finds what answers this ask: a grant that holds, else the approval with the same binding that is pending,
   * approved or denied and whose time is not over (a pending one is joined by `by`), else opens a new one. Rejects
   * with `TooManyPending` where its requester has as many pending as the store was told to allow.
   */
  open(ask: Ask, by: RecordId): Promise<Opened>;
  /** Makes one move. An approval whose time is over is expired first, and the move then meets it expired. */
  apply(id: ApprovalId, move: Move): Promise<Result<Approval, Objection>>;
  /** Uses up all of these or none. */
  consume(ids: NonEmpty<ApprovalId>, by: RecordId): Promise<Result<readonly Standing[], Objection>>;
  get(id: ApprovalId): Promise<Approval | undefined>;
  /** The standings of many, in their order: cheap enough to be asked often. */
  standings(ids: readonly ApprovalId[]): Promise<readonly (Standing | undefined)[]>;
  list(query: ApprovalQuery): Promise<readonly Approval[]>;
  /** How many are pending, and since when the oldest is (ms since the epoch). */
  pending(): Promise<{ readonly count: number; readonly oldest?: number }>;
  /** Expires what is over. Called every second or so by every process; idempotent. */
  sweep(): Promise<void>;
  /** Calls back for each change until the function returned is called. Delivery may be lost, never invented. */
  watch(listener: (change: Change) => void): () => void;
  /** What others outside are still to be told: made together with the change that it tells of. */
  readonly outbox: Outbox;
  /** Whether the store can be used now; the text is for the operator. */
  ready(): Promise<Result<string>>;
  close(): Promise<void>;
}
