import type { AttributeValue, Operation } from "../../core/operation.ts";
import { anything, type See } from "../objects/changes.ts";
import { judgeMove, type Moved } from "../objects/move.ts";
import type { FreshObjects, ObjectSource } from "../objects/source.ts";
import { branchAttributes } from "../ref-names.ts";
import { type Command, isZero } from "./commands.ts";

/** Nobody was asked: the command may change anything and leave anything behind. */
const unjudged: Moved = { changes: anything, force: true, commits: [] };

/**
 * The `push` that a command is. A branch that is deleted loses its history, so that counts as forced; one that is made
 * leaves nothing behind.
 */
export function commandOperation(
  resource: string,
  command: Command,
  moved: Moved = unjudged,
): Operation {
  const kind = isZero(command.new) ? "delete" : isZero(command.old) ? "create" : "update";
  const names: Record<string, AttributeValue> = {
    ...branchAttributes(command.ref),
    old: command.old,
    new: command.new,
    kind,
  };
  const operation = { protocol: "git", name: "push", access: "write", resource } as const;
  if (kind === "delete") return { ...operation, attributes: { ...names, force: true } };
  const { paths, complete } = moved.changes;
  return {
    ...operation,
    attributes: {
      ...names,
      force: kind === "update" && moved.force,
      paths,
      ...(moved.commits.length === 0 ? {} : { commits: moved.commits }),
    },
    ...(complete ? {} : { unknown: ["paths"] }),
  };
}

/** The same, once pack and upstream have been asked what the command changes. */
export async function judgeCommand(
  resource: string,
  command: Command,
  pack: FreshObjects,
  source: ObjectSource,
  see?: See,
): Promise<Operation> {
  if (isZero(command.new)) return commandOperation(resource, command);
  const old = isZero(command.old) ? undefined : command.old;
  const move = { resource, ref: command.ref, old, new: command.new };
  return commandOperation(resource, command, await judgeMove(move, pack, source, see));
}
