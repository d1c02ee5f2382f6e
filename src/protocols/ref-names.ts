/** A full ref, and the branch or tag that it is. */
export function branchAttributes(ref: string): Readonly<Record<string, string>> {
  if (ref.startsWith("refs/heads/")) return { ref, branch: ref.slice("refs/heads/".length) };
  if (ref.startsWith("refs/tags/")) return { ref, tag: ref.slice("refs/tags/".length) };
  return { ref };
}

/** A ref as a client may write it: full, without `refs/`, or a bare name, which may be a branch or a tag. */
export function looseRef(given: string): Readonly<Record<string, string>> {
  const name = given.replace(/^refs\//, "");
  if (name.startsWith("heads/") || name.startsWith("tags/"))
    return branchAttributes(`refs/${name}`);
  return given === name ? { ref: name, branch: name, tag: name } : { ref: given };
}

/** A branch name without the `refs/heads/` that some clients write before it. */
export function bareBranch(name: string): string {
  return name.replace(/^refs\/heads\//, "");
}
