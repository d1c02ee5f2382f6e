/** Directories that policies speak of most; an unknown tree above one of them counts as a change below it. */
export const guardedDirectories: readonly string[] = [".github/workflows", ".github/actions"];

/** A path in a repository as git would store it: no leading slash, no `.`, no `..`, no doubled slash. */
export function normalisePath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") segments.pop();
    else segments.push(segment);
  }
  return segments.join("/");
}

/**
 * What to report where anything below `directory` may have changed (`""` is the root): the directory's own
 * `…/**`, and that of each guarded directory below it, so that a rule on one of them meets it.
 */
export function anythingBelow(directory: string): readonly string[] {
  const prefix = directory === "" ? "" : `${directory}/`;
  const guarded = guardedDirectories.filter((guard) => guard.startsWith(prefix));
  return [`${prefix}**`, ...guarded.map((guard) => `${guard}/**`)];
}
