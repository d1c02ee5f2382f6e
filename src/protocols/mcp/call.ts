import { err, ok } from "../../base/result.ts";
import type { AttributeValue, Operation } from "../../core/operation.ts";
import type { Target } from "../../core/target.ts";
import type { Drafts } from "../draft.ts";
import type { Write } from "../objects/writes.ts";
import { anythingBelow, normalisePath } from "../paths.ts";
import { defaultBranch, findingBranch } from "../places.ts";
import { bareBranch } from "../ref-names.ts";
import {
  brandHost,
  isName,
  ownAccount,
  ownerResource,
  repositoryResource,
  unknownOwner,
} from "../resource.ts";
import { isObject, type JsonObject } from "../strict-json.ts";
import { githubServer, type ToolKind, toolKind } from "./tools.ts";

type Attributes = Record<string, AttributeValue>;

/** What a `tools/call` asks for: the forge's own operation where the tool is one, else `tool.call`. */
export function callDraft(server: string, target: Target, params: JsonObject): Drafts {
  const { name: tool, arguments: given } = params;
  if (typeof tool !== "string" || tool === "") return err("the call names no tool");
  if (given !== undefined && given !== null && !isObject(given))
    return err("the call's arguments are not an object");
  const args = isObject(given) ? given : {};
  const kind = toolKind(server, tool, args["method"]);
  const paths = pathsOf(args);
  if (paths === undefined) return err("the call has a file without a path");
  // A server that builds a URL of them would be led elsewhere by a slash.
  if (server === githubServer && places.some((key) => !isPlace(args[key])))
    return err("the call names no possible repository");
  const anywhere = args["allow_symlink_write"] === true;
  const operation: Operation = {
    protocol: "mcp",
    name: kind.name,
    access: kind.access,
    resource: resourceOf(brandHost(target), kind, args),
    attributes: {
      server,
      tool,
      ...attributesOf(kind, args, anywhere ? [...paths, ...anythingBelow("")] : paths),
    },
    ...(anywhere ? { unknown: ["paths"] } : {}),
  };
  const draft = findingBranch(operation);
  return ok([kind.name === "contents.write" ? { ...draft, writes: writesOf(tool, args) } : draft]);
}

/** What the arguments write: `path` with `content`, and `files` of the same. */
function writesOf(tool: string, args: JsonObject): readonly Write[] {
  const { files } = args;
  return [args, ...(Array.isArray(files) ? files : [])].filter(isObject).flatMap((file) => {
    const { path, content } = file;
    if (typeof path !== "string") return [];
    if (tool === "delete_file") return [{ path }];
    return [{ path, content: Buffer.from(typeof content === "string" ? content : "") }];
  });
}

const places = ["owner", "repo", "org", "organization"];

function isPlace(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "string" && isName(value));
}

function attributesOf(kind: ToolKind, args: JsonObject, paths: readonly string[]): Attributes {
  const attributes: Attributes = {};
  if (paths.length > 0) attributes["paths"] = paths;
  const branch = args["branch"];
  if (typeof branch === "string" && branch !== "") attributes["branch"] = bareBranch(branch);
  else if (kind.name === "contents.write") attributes["branch"] = defaultBranch;
  const number = args["pullNumber"] ?? args["pull_number"];
  if (typeof number === "number" || typeof number === "string")
    attributes["number"] = String(number);
  for (const key of ["base", "head", "ref", "workflow_id"]) {
    const value = args[key];
    if (typeof value === "string" && value !== "") attributes[key] = value;
  }
  return attributes;
}

function resourceOf(host: string, kind: ToolKind, args: JsonObject): string {
  const name = (key: string): string | undefined => {
    const value = args[key];
    return typeof value === "string" && isName(value) ? value : undefined;
  };
  const repository = name("repo");
  if (kind.name === "repository.create")
    return repositoryResource(
      host,
      name("organization") ?? ownAccount,
      name("name") ?? repository ?? unknownOwner,
    );
  const owner = name("owner") ?? name("org") ?? name("organization");
  if (owner !== undefined && repository !== undefined)
    return repositoryResource(host, owner, repository);
  if (owner !== undefined) return ownerResource(host, owner);
  return kind.access === "read" ? host : ownerResource(host, unknownOwner);
}

/** `path`, and `files[].path`; `undefined` where a file has none. */
function pathsOf(args: JsonObject): readonly string[] | undefined {
  const { path, files } = args;
  const given: unknown[] = path === undefined || path === null ? [] : [path];
  if (Array.isArray(files))
    for (const file of files) given.push(isObject(file) ? file["path"] : undefined);
  else if (files !== undefined && files !== null) return undefined;
  const paths = given.filter((one) => typeof one === "string").map(normalisePath);
  return paths.length === given.length ? paths : undefined;
}
