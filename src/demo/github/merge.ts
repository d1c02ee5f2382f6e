import { err, ok, type Result } from "../../base/result.ts";
import type { Repositories } from "../repositories.ts";
import { isAncestor, moveRef } from "./revision.ts";

export interface Merge {
  /** The branch that moves. */
  readonly base: string;
  /** The commit that comes in. */
  readonly head: string;
  readonly message: string;
  /** Leaves the other side's history behind. */
  readonly squash?: boolean;
}

/** Merges for real; gives the new commit, `undefined` where there is nothing to merge, or why it cannot. */
export async function merge(
  repositories: Repositories,
  name: string,
  { base, head, message, squash = false }: Merge,
): Promise<Result<string | undefined>> {
  const ref = `refs/heads/${base}`;
  const into = await repositories.head(name, ref);
  if (into === undefined) return err("Base does not exist");
  if (await isAncestor(repositories, name, head, into)) return ok(undefined);
  const tree = await repositories.maybe(name, ["merge-tree", "--write-tree", into, head]);
  if (tree === undefined) return err("Merge conflict");
  const commit = await repositories.seal(name, tree, message, squash ? [into] : [into, head]);
  const moved = await moveRef(repositories, name, ref, commit, into);
  return moved ? ok(commit) : err("Base branch was modified. Review and try the merge again.");
}
