import type { Repositories } from "../repositories.ts";

/** One line of a tree, as GitHub shows it: the mode in six digits. */
export interface TreeLine {
  readonly path: string;
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
  readonly size?: number;
}

/** The entries of a tree, by any name that git knows it by; undefined where there is none. */
export async function entriesOf(
  repositories: Repositories,
  name: string,
  tree: string,
  deep = false,
): Promise<readonly TreeLine[] | undefined> {
  const args = ["ls-tree", "-z", "-l", ...(deep ? ["-r", "-t"] : []), tree];
  const text = await repositories.git(name, args).catch(() => undefined);
  const lines = text?.toString("utf8").split("\0").filter(Boolean);
  return lines?.map((line) => {
    const tab = line.indexOf("\t");
    const [mode = "", type = "", sha = "", size = "-"] = line.slice(0, tab).split(/ +/);
    const shown = { path: line.slice(tab + 1), mode, type, sha };
    return size === "-" ? shown : { ...shown, size: Number(size) };
  });
}
