import { err, ok, type Result } from "../../base/result.ts";
import type { Target } from "../../core/target.ts";
import type { RequestHead } from "../../http/message.ts";
import { brandHost, isName, repositoryResource } from "../resource.ts";

export type Service =
  | "discover-push"
  | "push"
  | "discover-fetch"
  | "fetch"
  | "lfs-batch"
  | "lfs-locks-read"
  | "lfs-locks-write"
  | "unknown";

/** What a request to a git host is for, and the repository that its path names. */
export interface GitRoute {
  readonly service: Service;
  readonly resource: string;
}

/** Method and path below the repository, with the service that answers there. */
export const tails: readonly (readonly [string, string, Service])[] = [
  ["POST", "git-receive-pack", "push"],
  ["POST", "git-upload-pack", "fetch"],
  ["POST", "info/lfs/objects/batch", "lfs-batch"],
  ["POST", "info/lfs/locks/verify", "lfs-locks-read"],
  ["GET", "info/lfs/locks", "lfs-locks-read"],
  ["POST", "info/lfs/locks", "lfs-locks-write"],
];

/** Reads the path of a git request, with or without `.git`; words of the protocol count in any case. */
export function gitRoute(head: RequestHead, target: Target): Result<GitRoute> {
  const host = brandHost(target);
  const segments = target.path.segments.flatMap((segment) => segment.split("/"));
  const [owner, repository, ...rest] = segments;
  if (owner === undefined || repository === undefined || !isName(owner) || !isName(repository))
    return ok({ service: "unknown", resource: host });
  const resource = repositoryResource(host, owner, repository);
  const tail = rest.join("/").toLowerCase();
  const method = head.method === "HEAD" ? "GET" : head.method;
  if (tail === "info/refs" && method === "GET") return discovery(target, resource);
  const unlock = /^info\/lfs\/locks\/[^/]+\/unlock$/.test(tail) && method === "POST";
  const known = tails.find(([verb, path]) => verb === method && path === tail)?.[2];
  return ok({ service: known ?? (unlock ? "lfs-locks-write" : "unknown"), resource });
}

function discovery(target: Target, resource: string): Result<GitRoute> {
  const services = new URLSearchParams(target.path.query).getAll("service");
  if (services.length > 1) return err("the query names a service twice");
  const push = services[0]?.toLowerCase() === "git-receive-pack";
  return ok({ service: push ? "discover-push" : "discover-fetch", resource });
}
