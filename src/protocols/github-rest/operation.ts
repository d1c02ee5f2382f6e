import { err, ok, type Result } from "../../base/result.ts";
import type { Access, AttributeValue, Operation } from "../../core/operation.ts";
import type { Target } from "../../core/target.ts";
import type { Draft, Drafts } from "../draft.ts";
import type { Lookup } from "../lookup.ts";
import { findingBranch } from "../places.ts";
import { branchAttributes } from "../ref-names.ts";
import { brandHost, isName, ownerResource, repositoryResource, unknownOwner } from "../resource.ts";
import type { Details } from "./attributes.ts";
import { accessOf, nameOf } from "./names.ts";
import type { Route } from "./routes.ts";

/** The operation that a documented route and its body ask for. */
export function routeDraft(route: Route, target: Target, details: Details): Drafts {
  const resource = resourceOf(route, target, details);
  if (!resource.ok) return resource;
  const access = accessOf(route.method, route.operationId);
  const operation: Operation = {
    protocol: "github-rest",
    name: nameOf(route.operationId, route.template, access),
    access,
    resource: resource.value,
    attributes: { ...pathAttributes(route), ...details.attributes, operationId: route.operationId },
  };
  const draft = byId(operation, target, route);
  return ok([details.writes === undefined ? draft : { ...draft, writes: details.writes }]);
}

/** A route that GitHub does not document: a write unless it is a GET, on the repository that its path names. */
export function unknownDraft(method: string, target: Target, segments: readonly string[]): Drafts {
  const host = brandHost(target);
  if (isCopilotToken(segments)) return ok([plain("copilot.token", "write", host)]);
  const [kind, owner, repository] = segments;
  const access: Access = method === "GET" || method === "HEAD" ? "read" : "write";
  const inRepository = kind?.toLowerCase() === "repos" && owner && repository;
  const resource =
    inRepository && isName(owner) && isName(repository)
      ? repositoryResource(host, owner, repository)
      : host;
  return ok([plain(`unknown.${access}`, access, resource)]);
}

function plain(name: string, access: Access, resource: string): Draft {
  return { operation: { protocol: "github-rest", name, access, resource, attributes: {} } };
}

/** The undocumented route that hands out a live Copilot credential: a GET, yet nothing to let through as reading. */
function isCopilotToken(segments: readonly string[]): boolean {
  return /^copilot_internal\/v\d+\/[^/]*token$/i.test(segments.join("/"));
}

/** Finds the repository first where the path gave its number, then the branch. */
function byId(operation: Operation, target: Target, route: Route): Draft {
  const host = brandHost(target);
  const id = route.parameters["repo"];
  if (route.parameters["owner"] !== unknownOwner || id === undefined)
    return findingBranch(operation);
  return {
    operation,
    complete: async (lookup: Lookup) => {
      const [owner, repository] = (await lookup.repository(host, id))?.split("/") ?? [];
      if (owner === undefined || repository === undefined) return [operation];
      const resource = repositoryResource(host, owner, repository);
      const found = findingBranch({ ...operation, resource });
      return found.complete?.(lookup) ?? [found.operation];
    },
  };
}

function resourceOf(route: Route, target: Target, details: Details): Result<string> {
  const host = brandHost(target);
  const { parameters } = route;
  if (details.repository !== undefined)
    return ok(repositoryResource(host, details.repository.owner, details.repository.name));
  const owner = parameters["owner"] ?? parameters["template_owner"];
  const repository = parameters["repo"] ?? parameters["template_repo"];
  const single = parameters["org"] ?? parameters["username"];
  for (const given of [owner, repository, single])
    if (given !== undefined && !isName(given)) return err("the path names no possible repository");
  if (owner !== undefined && repository !== undefined)
    return ok(repositoryResource(host, owner, repository));
  return ok(single === undefined ? host : ownerResource(host, single));
}

const copied = { pull_number: "number", issue_number: "number", workflow_id: "workflow" };

/** What the path's own parameters say of the operation. */
function pathAttributes(route: Route): Readonly<Record<string, AttributeValue>> {
  const { parameters, template } = route;
  const attributes: Record<string, AttributeValue> = {};
  for (const [from, to] of Object.entries(copied)) {
    const value = parameters[from];
    if (value !== undefined) attributes[to] = value;
  }
  const { branch, path, ref } = parameters;
  if (branch !== undefined) attributes["branch"] = branch;
  if (path !== undefined) attributes["paths"] = [path];
  return ref !== undefined && template.includes("/git/ref")
    ? { ...attributes, ...branchAttributes(`refs/${ref}`) }
    : attributes;
}
