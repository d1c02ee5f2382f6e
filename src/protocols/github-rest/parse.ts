import { err, ok, type Result } from "../../base/result.ts";
import type { Target } from "../../core/target.ts";
import type { RequestHead } from "../../http/message.ts";
import type { Drafts, Upstream } from "../draft.ts";
import type { RequestParser } from "../protocol.ts";
import { unknownOwner } from "../resource.ts";
import { type JsonObject, readObject } from "../strict-json.ts";
import { fromBody, fromHead } from "../whole-body.ts";
import { detailsOf, needsBody } from "./attributes.ts";
import { routeDraft, unknownDraft } from "./operation.ts";
import { refuseRest } from "./refuse.ts";
import { findRoute, type Route } from "./routes.ts";

/** Reads one REST request; it waits for the body only where the operation cannot be told without. */
export function parseRest(head: RequestHead, target: Target, upstream?: Upstream): RequestParser {
  const trouble = troubleWith(head, target);
  if (trouble !== undefined) return fromHead(err(trouble), refuseRest);
  const segments = repositoryById(apiSegments(target));
  const route = findRoute(head.method, segments);
  const split = findRoute(
    head.method,
    segments.flatMap((segment) => segment.split("/")),
  );
  if (route !== undefined && split !== undefined && route.operationId !== split.operationId)
    return fromHead(err("the path can be read as two different routes"), refuseRest);
  const found = route ?? split;
  if (found === undefined)
    return fromHead(unknownDraft(head.method, target, segments), refuseRest, upstream);
  if (!needsBody(found))
    return fromHead(routeDraft(found, target, { attributes: {} }), refuseRest, upstream);
  return fromBody(head, (body) => withBody(found, target, body), refuseRest, upstream);
}

/** Some hosts serve the API under `/api/v3` as well; both spellings are one route. */
export function apiSegments(target: Target): readonly string[] {
  const { segments } = target.path;
  const [first, second] = segments;
  return first?.toLowerCase() === "api" && second?.toLowerCase() === "v3"
    ? segments.slice(2)
    : segments;
}

/** GitHub serves `/repositories/{id}/…` like `/repos/{owner}/{repo}/…`, undocumented. */
function repositoryById(segments: readonly string[]): readonly string[] {
  const [kind, id, ...rest] = segments;
  return kind?.toLowerCase() === "repositories" && id !== undefined
    ? ["repos", unknownOwner, id, ...rest]
    : segments;
}

const overrides = ["x-http-method-override", "x-http-method", "x-method-override"];

function troubleWith(head: RequestHead, target: Target): string | undefined {
  if (overrides.some((name) => head.fields.has(name)))
    return "a header that overrides the method is not accepted";
  const names = [...new URLSearchParams(target.path.query).keys()];
  if (names.includes("_method")) return "a parameter that overrides the method is not accepted";
  return undefined;
}

/** GitHub merges the query into the body, so a name that both give must mean the same. */
function withBody(route: Route, target: Target, bytes: Uint8Array): Drafts {
  const body: Result<JsonObject> = bytes.length === 0 ? ok({}) : readObject(bytes);
  if (!body.ok) return body;
  const query = [...new URLSearchParams(target.path.query)];
  const merged: Record<string, unknown> = { ...body.value };
  for (const [name, value] of query) {
    if (Object.hasOwn(merged, name) && merged[name] !== value)
      return err("the request gives one name two values");
    merged[name] = value;
  }
  const details = detailsOf(route, merged);
  return details.ok ? routeDraft(route, target, details.value) : details;
}
