import type { Approval } from "../approval.ts";
import type { Notice } from "../outbox.ts";

/** How a delivery ended: done, to be tried again, or never to succeed. The text is for the operator. */
export type Delivery =
  | { readonly kind: "done" }
  | { readonly kind: "again"; readonly why: string; readonly after?: number }
  | { readonly kind: "never"; readonly why: string };

/** Somebody outside who is told of approvals. What is told are ids and links, never what a request contains. */
export interface Sink {
  readonly name: string;
  deliver(notice: Notice, approval: Approval): Promise<Delivery>;
}

export const done: Delivery = { kind: "done" };

/** What an HTTP status means for a delivery. `after`: what the receiver asked for, in ms. */
export function deliveryOf(status: number, after?: number): Delivery {
  if (status >= 200 && status < 300) return done;
  const why = `it answered ${status}`;
  if (status === 410) return { kind: "never", why };
  return { kind: "again", why, ...(after === undefined ? {} : { after }) };
}
