import { err, ok, type Result } from "../../base/result.ts";
import type { Access, Operation } from "../../core/operation.ts";
import type { Target } from "../../core/target.ts";
import type { RequestHead } from "../../http/message.ts";
import type { RequestParser } from "../protocol.ts";
import { brandHost, isName, ownerResource, repositoryResource, unknownOwner } from "../resource.ts";
import { type JsonObject, readObject } from "../strict-json.ts";
import { fromBody, fromHead, type Judged } from "../whole-body.ts";
import { type Details, detailsOf, needsBody } from "./attributes.ts";
import { accessOf, nameOf } from "./names.ts";
import { refuseRest } from "./refuse.ts";
import { findRoute, type Route } from "./routes.ts";

/** Reads one REST request; it waits for the body only where the operation cannot be told without. */
export function parseRest(head: RequestHead, target: Target): RequestParser {
  const segments = apiSegments(target);
  const trouble = troubleWith(head, target);
  if (trouble !== undefined) return fromHead(err(trouble), refuseRest);
  const route = findRoute(head.method, segments);
  const split = findRoute(
    head.method,
    segments.flatMap((segment) => segment.split("/")),
  );
  if (route !== undefined && split !== undefined && route.operationId !== split.operationId)
    return fromHead(err("the path can be read as two different routes"), refuseRest);
  const found = route ?? split;
  if (found === undefined) return fromHead(unknown(head, target, segments), refuseRest);
  if (!needsBody(found))
    return fromHead(operationOf(found, target, { attributes: {} }), refuseRest);
  return fromBody(head, (body) => withBody(found, target, body), refuseRest);
}

/** Some hosts serve the API under `/api/v3` as well; both spellings are one route. */
export function apiSegments(target: Target): readonly string[] {
  const { segments } = target.path;
  const [first, second] = segments;
  return first?.toLowerCase() === "api" && second?.toLowerCase() === "v3"
    ? segments.slice(2)
    : segments;
}

const overrides = ["x-http-method-override", "x-http-method", "x-method-override"];

function troubleWith(head: RequestHead, target: Target): string | undefined {
  if (overrides.some((name) => head.fields.has(name)))
    return "a header that overrides the method is not accepted";
  if (new URLSearchParams(target.path.query).has("_method"))
    return "a parameter that overrides the method is not accepted";
  return undefined;
}

/** GitHub merges the query into the body, so a name that both give must mean the same. */
function withBody(route: Route, target: Target, bytes: Uint8Array): Judged {
  const body: Result<JsonObject> = bytes.length === 0 ? ok({}) : readObject(bytes);
  if (!body.ok) return body;
  const query = Object.fromEntries(new URLSearchParams(target.path.query));
  for (const [name, value] of Object.entries(query))
    if (Object.hasOwn(body.value, name) && body.value[name] !== value)
      return err("the query and the body disagree");
  const details = detailsOf(route, { ...query, ...body.value });
  return details.ok ? operationOf(route, target, details.value) : details;
}

function operationOf(route: Route, target: Target, details: Details): Judged {
  const access = accessOf(route.method, route.operationId);
  const resource = resourceOf(route, target, details);
  if (!resource.ok) return resource;
  const operation: Operation = {
    protocol: "github-rest",
    name: nameOf(route.operationId, route.template, access),
    access,
    resource: resource.value,
    attributes: { ...pathAttributes(route), ...details.attributes, operationId: route.operationId },
  };
  return ok([operation]);
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

/** What the path's own parameters say of the operation. */
function pathAttributes(route: Route): Operation["attributes"] {
  const { parameters, template } = route;
  const attributes: Record<string, string | readonly string[]> = {};
  const copied = { pull_number: "number", issue_number: "number", workflow_id: "workflow" };
  for (const [from, to] of Object.entries(copied)) {
    const value = parameters[from];
    if (value !== undefined) attributes[to] = value;
  }
  if (parameters["branch"] !== undefined) attributes["branch"] = parameters["branch"];
  if (parameters["path"] !== undefined) attributes["paths"] = [parameters["path"]];
  if (template.includes("/git/ref") && parameters["ref"] !== undefined) {
    const ref = parameters["ref"];
    attributes["ref"] = `refs/${ref}`;
    if (ref.startsWith("heads/")) attributes["branch"] = ref.slice("heads/".length);
  }
  return attributes;
}

/** The undocumented route that hands out a live Copilot credential: a GET, and yet nothing to be let through as reading. */
function isCopilotToken(segments: readonly string[]): boolean {
  return /^copilot_internal\/v\d+\/[^/]*token$/i.test(segments.join("/"));
}

/** A route that GitHub does not document: a write unless it is a GET, on the repository that its path names. */
function unknown(head: RequestHead, target: Target, segments: readonly string[]): Judged {
  const host = brandHost(target);
  if (isCopilotToken(segments)) return ok([operation("copilot.token", "write", host)]);
  const [kind, owner, repository] = segments;
  const access: Access = head.method === "GET" || head.method === "HEAD" ? "read" : "write";
  let resource = host;
  if (kind?.toLowerCase() === "repos" && owner && repository && isName(owner) && isName(repository))
    resource = repositoryResource(host, owner, repository);
  if (kind?.toLowerCase() === "repositories") resource = ownerResource(host, unknownOwner);
  return ok([operation(`unknown.${access}`, access, resource)]);
}

function operation(name: string, access: Access, resource: string): Operation {
  return { protocol: "github-rest", name, access, resource, attributes: {} };
}
