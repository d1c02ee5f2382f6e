import type { Operation } from "../../core/operation.ts";
import { withAttributes } from "../with-attributes.ts";
import { anything, type Changes, changesBetween } from "./changes.ts";
import { judgeMove } from "./move.ts";
import { rationed } from "./ration.ts";
import type { FreshObjects, ObjectReader, ObjectSource } from "./source.ts";

/** A request through an API brings no objects along. */
const nothingFresh: FreshObjects = {
  commit: async () => undefined,
  tree: async () => undefined,
  offer: () => undefined,
};

const moves = new Set(["ref.create", "ref.update"]);
/** Questions to the upstream for one operation. */
const callLimit = 100;
const merges = new Set(["branch.merge", "pull_request.merge"]);

/** An operation that moves a branch, when nobody can say what that changes: it may change anything. */
export function withoutChanges(operation: Operation): Operation {
  return moves.has(operation.name) || merges.has(operation.name)
    ? changing(operation, anything)
    : operation;
}

/** The same with the paths that change, where commits say so. */
export async function withChanges(operation: Operation, source: ObjectSource): Promise<Operation> {
  const objects = rationed(source, callLimit);
  if (moves.has(operation.name)) return changing(operation, await movedBy(operation, objects));
  if (merges.has(operation.name)) return changing(operation, await mergedBy(operation, objects));
  return operation;
}

function changing(operation: Operation, { paths, complete }: Changes): Operation {
  const known = withAttributes(operation, { paths });
  return complete ? known : { ...known, unknown: [...(operation.unknown ?? []), "paths"] };
}

async function movedBy(operation: Operation, objects: ObjectSource): Promise<Changes> {
  const { resource } = operation;
  const { ref, new: to } = operation.attributes;
  if (!isId(to)) return anything;
  const old =
    operation.name === "ref.create"
      ? undefined
      : typeof ref === "string" && (await objects.tip(resource, ref));
  // A ref that is updated and is not there, or that nobody names, cannot be compared.
  if (old === null || old === false || (old === undefined && operation.name === "ref.update"))
    return anything;
  const move = { resource, ref: String(ref), old, new: to };
  return (await judgeMove(move, nothingFresh, objects)).changes;
}

/** What a merge brings: the difference between the merged head and where it left the branch. */
async function mergedBy(operation: Operation, objects: ObjectSource): Promise<Changes> {
  const { resource } = operation;
  const { branch, head } = operation.attributes;
  if (typeof branch !== "string" || typeof head !== "string") return anything;
  const [into, from] = await Promise.all([
    objects.tip(resource, `refs/heads/${branch}`),
    isId(head) ? head : objects.tip(resource, `refs/heads/${head}`),
  ]);
  if (typeof into !== "string" || typeof from !== "string") return anything;
  const base = await objects.mergeBase(resource, into, from);
  if (base === undefined) return anything;
  const reader: ObjectReader = {
    commit: (id) => objects.commit(resource, id),
    tree: (id) => objects.tree(resource, id),
  };
  const [before, after] = await Promise.all([reader.commit(base), reader.commit(from)]);
  return before === undefined || after === undefined
    ? anything
    : changesBetween({ old: reader, now: reader }, before.tree, after.tree);
}

function isId(value: unknown): value is string {
  return typeof value === "string" && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(value);
}
