import type { NonEmpty } from "../base/non-empty.ts";
import type { ApprovalId } from "../core/ids.ts";
import type { Opened } from "./store.ts";

/** What is remembered of an approval while its request waits: little, for thousands may wait. */
export interface Ticket {
  readonly id: ApprovalId;
  readonly by: NonEmpty<string>;
  readonly expiresAt: number;
  /** A grant covers it: there is nothing to wait for. */
  readonly granted: boolean;
}

export function ticketOf({ kind, approval: { ask, standing } }: Opened): Ticket {
  const { id, terms } = ask;
  return { id, by: terms.by, expiresAt: standing.expiresAt, granted: kind === "granted" };
}
