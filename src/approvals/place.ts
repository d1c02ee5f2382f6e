import { type ApprovalId, parseApprovalId } from "../core/ids.ts";
import type { Approval } from "./approval.ts";

/** A place in the list of approvals, newest first: behind those of that time, or, of that very time, behind that one. */
export interface Place {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly id?: ApprovalId;
}

export function placeOf({ ask, standing }: Approval): Place {
  return { at: standing.askedAt, id: ask.id };
}

/** Whether it comes behind that place. Of one time, the greater id comes first. */
export function isBehind({ ask, standing }: Approval, { at, id }: Place): boolean {
  if (standing.askedAt !== at) return standing.askedAt < at;
  return id !== undefined && ask.id < id;
}

/** Newest first. */
export function inOrder(one: Approval, other: Approval): number {
  return isBehind(one, placeOf(other)) ? 1 : -1;
}

/** `TIME,ID`, or a time alone. */
export function formatPlace({ at, id }: Place): string {
  const time = new Date(at).toISOString();
  return id === undefined ? time : `${time},${id}`;
}

/** Reads a place that came from outside; undefined where it is none. */
export function parsePlace(text: string): Place | undefined {
  const [time = "", name, ...more] = text.split(",");
  const at = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(time) ? Date.parse(time) : Number.NaN;
  if (!Number.isFinite(at) || more.length > 0) return undefined;
  if (name === undefined) return { at };
  const id = parseApprovalId(name);
  return id === undefined ? undefined : { at, id };
}
