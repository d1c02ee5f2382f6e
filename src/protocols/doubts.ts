import type { Operation } from "../core/operation.ts";

/** Operations that change a branch, whether or not they say which. */
const changesBranch =
  /^(ref\.(create|update|delete|rename)|contents\.write|branch\.merge|pull_request\.(merge|update_branch)|lfs\.upload)$/;

/** Writes of unknown kind: they may do anything that a rule could ask about. */
const mayDoAnything = ["branch", "ref", "paths", "force"];

/** The operation with everything said to be unknown that it does not tell and that a rule may ask about. */
export function withDoubts(operation: Operation): Operation {
  const doubts = doubtsAbout(operation).filter((name) => !(operation.unknown ?? []).includes(name));
  return doubts.length === 0
    ? operation
    : { ...operation, unknown: [...(operation.unknown ?? []), ...doubts] };
}

function doubtsAbout({ name, access, attributes }: Operation): readonly string[] {
  if (access === "read") return [];
  const told = (attribute: string) => Object.hasOwn(attributes, attribute);
  if (name === "unknown.write" || name === "tool.call")
    return mayDoAnything.filter((attribute) => !told(attribute));
  return changesBranch.test(name) && !told("branch") && !told("ref") ? ["branch"] : [];
}
