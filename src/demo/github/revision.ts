import type { Repositories } from "../repositories.ts";

/** The commit that a branch, tag, full ref or id names, in GitHub's order; undefined where there is none. */
export async function commitOf(
  repositories: Repositories,
  name: string,
  revision: string,
): Promise<string | undefined> {
  for (const candidate of [`refs/heads/${revision}`, `refs/tags/${revision}`, revision]) {
    const found = isPlain(candidate) ? await repositories.head(name, candidate) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether git takes it for a name and nothing else: no option, no `~`, no `:`. */
export function isPlain(revision: string): boolean {
  return /^[\w.][\w./+@-]*$/.test(revision) && !/\.\.|@\{|\/$/.test(revision);
}

/** Moves one ref if it is still where it was; says whether it was. */
export async function moveRef(
  repositories: Repositories,
  name: string,
  ref: string,
  to: string,
  from: string,
): Promise<boolean> {
  return (await repositories.maybe(name, ["update-ref", ref, to, from])) !== undefined;
}

export const noObject = "0".repeat(40);

/** Whether the first commit is the second one's ancestor, or the same. */
export async function isAncestor(
  repositories: Repositories,
  name: string,
  first: string,
  second: string,
): Promise<boolean> {
  const args = ["merge-base", "--is-ancestor", first, second];
  return (await repositories.maybe(name, args)) !== undefined;
}
