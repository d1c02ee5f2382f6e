import { isNonEmpty, mapNonEmpty, type NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Operation } from "../core/operation.ts";
import { withDoubts } from "./doubts.ts";
import type { Lookup } from "./lookup.ts";
import type { ContentSource, ObjectSource } from "./objects/source.ts";
import { withChanges, withoutChanges } from "./objects/with-changes.ts";
import type { Write } from "./objects/writes.ts";

/** An operation as far as the bytes tell it, and how to learn the rest. */
export interface Draft {
  readonly operation: Operation;
  /** The files that it writes, as the request carries them. */
  readonly writes?: readonly Write[];
  /** What it is once the upstream was asked: perhaps several, where it touches several repositories. */
  complete?(lookup: Lookup): Promise<NonEmpty<Operation>>;
}

/** What a parser makes of a request: never an empty list. */
export type Judged = Result<NonEmpty<Operation>>;
export type Drafts = Result<NonEmpty<Draft>>;

/** Whom to ask; nobody where a port is absent. */
export interface Upstream {
  readonly lookup?: Lookup | undefined;
  readonly objects?: ObjectSource | undefined;
  readonly contents?: ContentSource | undefined;
}

/** The operations that the bytes alone tell: what moves a branch may change anything. */
export function asRead(drafts: Drafts): Judged {
  return drafts.ok ? ok(mapNonEmpty(drafts.value, bytesAlone)) : drafts;
}

function bytesAlone({ operation }: Draft): Operation {
  return withDoubts(withoutChanges(operation));
}

/** The operations once every draft has asked what it needs to: first where, then what changes there. */
export async function completed(drafts: Drafts, upstream: Upstream): Promise<Judged> {
  if (!drafts.ok) return drafts;
  const { lookup, objects } = upstream;
  const lists = await Promise.all(
    drafts.value.map((draft) =>
      lookup === undefined || draft.complete === undefined
        ? [draft.operation]
        : draft.complete(lookup),
    ),
  );
  const changes = lists
    .flat()
    .map((operation) =>
      objects === undefined ? withoutChanges(operation) : withChanges(operation, objects),
    );
  return listed((await Promise.all(changes)).map(withDoubts));
}

/** The list as a parser may answer it; an empty one is an error. */
export function listed<T>(items: readonly T[]): Result<NonEmpty<T>> {
  return isNonEmpty(items) ? ok(items) : err("the request asks for nothing that can be judged");
}
