import { isNonEmpty, mapNonEmpty, type NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { AttributeValue, Operation } from "../core/operation.ts";
import type { Lookup } from "./lookup.ts";

/** An operation as far as the bytes tell it, and how to learn the rest. */
export interface Draft {
  readonly operation: Operation;
  /** What it is once the upstream was asked: perhaps several, where it touches several repositories. */
  complete?(lookup: Lookup): Promise<NonEmpty<Operation>>;
}

/** What a parser makes of a request: never an empty list. */
export type Judged = Result<NonEmpty<Operation>>;
export type Drafts = Result<NonEmpty<Draft>>;

/** The operations that the bytes alone tell. */
export function asRead(drafts: Drafts): Judged {
  return drafts.ok ? ok(mapNonEmpty(drafts.value, (draft) => draft.operation)) : drafts;
}

/** The operations once every draft has asked what it needs to. */
export async function completed(drafts: Drafts, lookup: Lookup): Promise<Judged> {
  if (!drafts.ok) return drafts;
  const lists = await Promise.all(
    drafts.value.map((draft) => draft.complete?.(lookup) ?? [draft.operation]),
  );
  return listed(lists.flat());
}

/** The list as a parser may answer it; an empty one is an error. */
export function listed<T>(items: readonly T[]): Result<NonEmpty<T>> {
  return isNonEmpty(items) ? ok(items) : err("the request asks for nothing that can be judged");
}

/** The operation with more attributes. */
export function withAttributes(
  operation: Operation,
  attributes: Readonly<Record<string, AttributeValue>>,
): Operation {
  return { ...operation, attributes: { ...operation.attributes, ...attributes } };
}
