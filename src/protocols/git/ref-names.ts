/** A full ref, and the branch or tag that it is. */
export function refNames(ref: string): Readonly<Record<string, string>> {
  if (ref.startsWith("refs/heads/")) return { ref, branch: ref.slice("refs/heads/".length) };
  if (ref.startsWith("refs/tags/")) return { ref, tag: ref.slice("refs/tags/".length) };
  return { ref };
}
