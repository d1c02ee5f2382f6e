import { err, ok, type Result } from "../../base/result.ts";
import type { AttributeValue } from "../../core/operation.ts";
import { fromBase64, type Write } from "../objects/writes.ts";
import { anythingBelow, normalisePath } from "../paths.ts";
import { defaultBranch } from "../places.ts";
import { bareBranch, branchAttributes, looseRef } from "../ref-names.ts";
import { isName, ownAccount } from "../resource.ts";
import { isObject, type JsonObject } from "../strict-json.ts";
import type { Route } from "./routes.ts";

/** What a body says about its operation: attributes, and another repository where it names one. */
export interface Details {
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Owner and name of the repository that is made, where the path does not say it. */
  readonly repository?: { readonly owner: string; readonly name: string };
  /** The files that it writes. */
  readonly writes?: readonly Write[];
}

type Read = (route: Route, body: JsonObject) => Result<Details>;

/** The operations that cannot be judged by their path alone, by operationId. */
const readers: Readonly<Record<string, Read>> = {
  "repos/create-for-authenticated-user": (_route, body) => created(ownAccount, body["name"], body),
  "repos/create-in-org": (route, body) => created(route.parameters["org"], body["name"], body),
  "repos/create-using-template": (_route, body) =>
    created(body["owner"] ?? ownAccount, body["name"], body),
  "repos/create-fork": (route, body) =>
    created(body["organization"] ?? ownAccount, body["name"] ?? route.parameters["repo"], body),
  "repos/transfer": (_route, body) =>
    text(body, "new_owner", (owner) => ({ attributes: { newOwner: owner.toLowerCase() } })),
  "repos/update": (_route, body) => ok({ attributes: { fields: Object.keys(body).sort() } }),
  "repos/create-or-update-file-contents": contents,
  "repos/delete-file": contents,
  "git/create-tree": tree,
  // Nothing of these is asked about, but all that they carry can be looked through.
  "git/create-blob": () => ok({ attributes: {} }),
  "git/create-commit": () => ok({ attributes: {} }),
  "git/create-tag": () => ok({ attributes: {} }),
  "git/create-ref": (_route, body) =>
    both(
      text(body, "ref", refAttributes),
      text(body, "sha", (sha) => one({ new: sha })),
    ),
  "git/update-ref": (route, body) =>
    both(
      ok(one(branchAttributes(`refs/${route.parameters["ref"] ?? ""}`))),
      text(body, "sha", (sha) => one({ new: sha, force: body["force"] === true })),
    ),
  "repos/rename-branch": (route, body) =>
    text(body, "new_name", (name) => one({ branch: [route.parameters["branch"] ?? "", name] })),
  "repos/merge": (_route, body) =>
    both(
      text(body, "base", (base) => one({ branch: base })),
      text(body, "head", (head) => one({ head })),
    ),
  "repos/merge-upstream": (_route, body) => text(body, "branch", (branch) => one({ branch })),
  "actions/create-workflow-dispatch": (_route, body) => text(body, "ref", (ref) => one({ ref })),
  "pulls/create": (_route, body) =>
    both(
      text(body, "base", (base) => one({ base })),
      text(body, "head", (head) => one({ head })),
    ),
  "repos/create-release": (_route, body) => text(body, "tag_name", (tag) => one({ tag })),
};

/** Whether the route's body must be read before it can be judged. */
export function needsBody(route: Route): boolean {
  return Object.hasOwn(readers, route.operationId);
}

/** Reads what the body says; an error where it does not say what the operation needs. */
export function detailsOf(route: Route, body: JsonObject): Result<Details> {
  const read = readers[route.operationId];
  return read === undefined ? ok({ attributes: {} }) : read(route, body);
}

function refAttributes(given: string): Details {
  return one(looseRef(given));
}

function one(attributes: Details["attributes"]): Details {
  return { attributes };
}

function both(a: Result<Details>, b: Result<Details>): Result<Details> {
  if (!a.ok) return a;
  return b.ok ? ok({ attributes: { ...a.value.attributes, ...b.value.attributes } }) : b;
}

function text(body: JsonObject, name: string, then: (value: string) => Details): Result<Details> {
  const value = body[name];
  return typeof value === "string" && value !== ""
    ? ok(then(value))
    : err(`the body does not say \`${name}\``);
}

function created(owner: unknown, name: unknown, body: JsonObject): Result<Details> {
  if (typeof owner !== "string" || typeof name !== "string")
    return err("the body does not name the repository");
  // GitHub turns every other character of a new name into a hyphen.
  const slug = name.replace(/[^A-Za-z0-9._-]+/g, "-");
  if (!isName(slug) || (owner !== ownAccount && !isName(owner)))
    return err("the body does not name the repository");
  const visibility = body["visibility"] ?? (body["private"] === true ? "private" : "public");
  return ok({
    attributes: { visibility: typeof visibility === "string" ? visibility : "unknown" },
    repository: { owner, name: slug },
  });
}

function contents(route: Route, body: JsonObject): Result<Details> {
  const branch = body["branch"] ?? defaultBranch;
  if (typeof branch !== "string") return err("the body's `branch` is not a string");
  const { path = "" } = route.parameters;
  const removed = route.operationId === "repos/delete-file";
  const write = removed ? { path } : { path, content: fromBase64(body["content"]) };
  const attributes = { branch: bareBranch(branch), paths: [normalisePath(path)] };
  return ok({ attributes, writes: [write] });
}

/** `tree[]` may graft a whole directory by its id: anything may have changed below it. */
function tree(_route: Route, body: JsonObject): Result<Details> {
  const entries = body["tree"];
  if (!Array.isArray(entries)) return err("the body does not say `tree`");
  const paths: string[] = [];
  for (const entry of entries) {
    const path: unknown = isObject(entry) ? entry["path"] : undefined;
    if (!isObject(entry) || typeof path !== "string")
      return err("the body has a tree entry without a path");
    const normal = normalisePath(path);
    paths.push(normal);
    const plain = entry["type"] === "blob" && entry["sha"] !== null;
    if (!plain) paths.push(...anythingBelow(normal));
  }
  return ok(one({ paths }));
}
