import { join } from "node:path";
import type { Access } from "../../support/clients.ts";
import { app, type House } from "./house.ts";

/** What somebody does in a fresh clone, by git or by hand. */
export type Work = (
  git: (...args: readonly string[]) => Promise<string>,
  dir: string,
) => Promise<unknown>;

/** Clones `topic`, works on it, and pushes what came of that to another name, or to itself. */
export async function pushTopic(
  { git, stack }: House,
  as: Access,
  to: string,
  work: Work,
): Promise<string> {
  const dir = `ci-${crypto.randomUUID()}`;
  await git(as, "clone", "-q", "-b", "topic", `${stack.proxy}/${app}.git`, dir);
  await work((...args) => git(as, "-C", dir, ...args), join(stack.folder.path, dir));
  return git(as, "-C", dir, "push", "origin", `HEAD:refs/heads/${to}`);
}
