import { err } from "../../base/result.ts";
import { unreachable } from "../../base/unreachable.ts";
import type { Access, AttributeValue, Operation } from "../../core/operation.ts";
import type { Refusal } from "../../core/refusal.ts";
import type { Target } from "../../core/target.ts";
import type { Reply, RequestHead } from "../../http/message.ts";
import type { Drafts } from "../draft.ts";
import type { RequestParser } from "../protocol.ts";
import { branchAttributes } from "../ref-names.ts";
import { isObject, readObject } from "../strict-json.ts";
import { fromBody, fromHead, settled } from "../whole-body.ts";
import { pushParser } from "./push.ts";
import type { PushPorts } from "./push-reading.ts";
import { refuseDiscovery, refuseFetch, refuseLfs } from "./refuse.ts";
import { type GitRoute, gitRoute } from "./route.ts";

/** Reads one request to a git host: discovery, fetch, push, or git-lfs. */
export function parseGit(head: RequestHead, target: Target, ports?: PushPorts): RequestParser {
  const route = gitRoute(head, target);
  if (!route.ok) return fromHead(route, refuseDiscovery);
  const { service, resource } = route.value;
  switch (service) {
    case "push":
      return pushParser(head, resource, ports);
    case "discover-push":
      return plain(route.value, "push.discover", "read", refuseDiscovery);
    case "discover-fetch":
      return plain(route.value, "fetch", "read", refuseDiscovery);
    case "fetch":
      return plain(route.value, "fetch", "read", refuseFetch);
    case "lfs-batch":
      return fromBody(head, (body) => lfsBatch(resource, body), refuseLfs);
    case "lfs-locks-read":
      return plain(route.value, "lfs.lock.read", "read", refuseLfs);
    case "lfs-locks-write":
      return plain(route.value, "lfs.lock.write", "write", refuseLfs);
    case "unknown": {
      const access = head.method === "GET" || head.method === "HEAD" ? "read" : "write";
      return plain(route.value, `unknown.${access}`, access, refuseDiscovery);
    }
    default:
      return unreachable(service);
  }
}

/** A git operation on a repository. */
export function gitOperation(
  resource: string,
  name: string,
  access: Access,
  attributes: Readonly<Record<string, AttributeValue>>,
): Operation {
  return { protocol: "git", name, access, resource, attributes };
}

function plain(
  route: GitRoute,
  name: string,
  access: Access,
  refuse: (refusal: Refusal) => Reply,
): RequestParser {
  return fromHead(settled(gitOperation(route.resource, name, access, {})), refuse);
}

/** The batch call of git-lfs (docs/api/batch.md): an upload to a ref is a write to that branch. */
function lfsBatch(resource: string, body: Uint8Array): Drafts {
  const read = readObject(body);
  if (!read.ok) return read;
  const { operation, ref, objects } = read.value;
  if (operation !== "upload" && operation !== "download")
    return err("the batch names no operation that can be judged");
  const name: unknown = isObject(ref) ? ref["name"] : undefined;
  const attributes: Record<string, AttributeValue> = {
    objects: Array.isArray(objects) ? objects.length : 0,
  };
  if (typeof name === "string") Object.assign(attributes, branchAttributes(name));
  const upload = operation === "upload";
  return settled(gitOperation(resource, `lfs.${operation}`, upload ? "write" : "read", attributes));
}
