import { err, ok, type Result } from "../base/result.ts";
import { parsePath } from "../http/path.ts";
import type { Connection, ConnectionKind, Target } from "./target.ts";

/** A place where clients find a connection. One mount is one Envoy route, and Envoy tells us its name. */
export interface Mount {
  readonly route: string;
  readonly connection: Connection;
  /** Chosen by Host (any path), or by path in the layout of a GitHub Enterprise Server host (any Host). */
  readonly by: "host" | "path";
  /** What the path is, what it starts with, or the pattern that it matches (all without the query). */
  readonly match:
    | { readonly path: string }
    | { readonly prefix: string }
    | { readonly regex: string };
  /** The matched path or prefix is replaced by this before the upstream sees it; absent: the path goes as it is. */
  readonly rewrite?: string;
}

/** `/{owner}/{repo}.git/…` and the suffix-less form that git also sends. */
const repositories = "/[^/]+/[^/]+/(info/refs|git-upload-pack|git-receive-pack|info/lfs(/.*)?)";

const layouts: Readonly<Record<ConnectionKind, readonly Pick<Mount, "match" | "rewrite">[]>> = {
  "github-api": [
    { match: { prefix: "/api/v3/" }, rewrite: "/" },
    { match: { path: "/api/graphql" }, rewrite: "/graphql" },
  ],
  copilot: [{ match: { prefix: "/copilot/" }, rewrite: "/" }],
  git: [{ match: { regex: repositories } }],
};

/** The mounts of all connections; the first connection of a kind has that kind's place in the layout. */
export function mountsOf(connections: readonly Connection[]): readonly Mount[] {
  const taken = new Set<ConnectionKind>();
  return connections.flatMap((connection) => {
    const host: Mount = {
      route: `${connection.name}@host`,
      connection,
      by: "host",
      match: { prefix: "/" },
    };
    if (taken.has(connection.kind)) return [host];
    taken.add(connection.kind);
    const layout = layouts[connection.kind].map(
      (place, index): Mount => ({
        route: `${connection.name}@path${index}`,
        connection,
        by: "path",
        ...place,
      }),
    );
    return [host, ...layout];
  });
}

/** Where a request is headed: the mount that Envoy chose, and the path as its upstream will see it. */
export function resolveTarget(
  mounts: readonly Mount[],
  route: string,
  path: string,
): Result<Target, "unknown" | string> {
  const mount = mounts.find((candidate) => candidate.route === route);
  if (mount === undefined) return err("unknown");
  const rewritten = rewrite(mount, path);
  if (rewritten === undefined) return err("the path does not belong to its route");
  const parsed = parsePath(rewritten);
  return parsed.ok ? ok({ connection: mount.connection, path: parsed.value }) : parsed;
}

/** The path (with its query) as the upstream of such a connection sees what a client asked for by this one. */
export function upstreamPath(kind: ConnectionKind, path: string): string {
  for (const place of layouts[kind]) {
    const rewritten = rewrite(place, path);
    if (rewritten !== undefined) return rewritten;
  }
  return path;
}

function rewrite(
  { match, rewrite: replacement }: Pick<Mount, "match" | "rewrite">,
  path: string,
): string | undefined {
  if ("regex" in match) return path;
  const matched = "path" in match ? match.path : match.prefix;
  if (!path.startsWith(matched)) return undefined;
  const rest = path.slice(matched.length);
  if ("path" in match && rest !== "" && !rest.startsWith("?")) return undefined;
  return replacement === undefined ? path : replacement + rest;
}
