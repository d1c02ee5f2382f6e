/** What an opaque id of the demo's GraphQL API stands for. */
export type NodeName =
  | { readonly kind: "User" | "Organization"; readonly login: string }
  | { readonly kind: "Repository"; readonly repository: string }
  | { readonly kind: "Ref"; readonly repository: string; readonly ref: string }
  | { readonly kind: "Commit"; readonly repository: string; readonly oid: string }
  | { readonly kind: "PullRequest"; readonly repository: string; readonly number: number };

/** The opaque id: it holds all that it stands for, so that nothing need be kept. */
export function nodeId(name: NodeName): string {
  return Buffer.from(JSON.stringify(name)).toString("base64url");
}

/** What an id stands for; undefined where it is none of ours. */
export function readNodeId(id: string): NodeName | undefined {
  try {
    const name = JSON.parse(Buffer.from(id, "base64url").toString("utf8")) as NodeName;
    return nodeId(name) === id ? name : undefined;
  } catch {
    return undefined;
  }
}
