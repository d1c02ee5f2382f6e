import { parsedJson } from "../base/json.ts";
import { isObject, type JsonObject } from "./strict-json.ts";

const id = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
const deepest = 12;
const utf8 = new TextDecoder();

/**
 * The commits that an answer of GitHub's API says were made or merged: REST (`commit.sha`, a commit object, a ref that
 * points to one), GraphQL (`commit.oid`), and MCP, whose tools repeat REST's answers as JSON within text.
 */
export function commitsIn(body: Uint8Array): readonly string[] {
  const found = new Set<string>();
  for (const text of documents(utf8.decode(body))) look(parsedJson(text), found, 0);
  return [...found];
}

/** Whether an answer that has the status of a success says that something failed: GraphQL, JSON-RPC, a tool of MCP. */
export function failedIn(body: Uint8Array): boolean {
  return documents(utf8.decode(body)).map(parsedJson).some(isFailure);
}

function isFailure(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { errors, error, result } = value;
  if (Array.isArray(errors) ? errors.length > 0 : isObject(error)) return true;
  return isObject(result) && result["isError"] === true;
}

/** The body itself, or each event's data where it is a stream of events. */
function documents(text: string): readonly string[] {
  if (!/^(event|data|id|retry|:)/.test(text)) return [text];
  return text.split(/\r?\n/).flatMap((line) => (line.startsWith("data:") ? [line.slice(5)] : []));
}

function look(value: unknown, found: Set<string>, depth: number): void {
  if (depth > deepest) return;
  const inner =
    typeof value === "string" && /^\s*[{[]/.test(value) ? [parsedJson(value)] : membersOf(value);
  const commit = isObject(value) ? commitOf(value) : undefined;
  if (commit !== undefined) found.add(commit);
  for (const one of inner) look(one, found, depth + 1);
}

/** What a commit builds on is no news. */
function membersOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => (name === "parents" ? [] : [member]));
}

function commitOf(value: JsonObject): string | undefined {
  const { commit, object, sha } = value;
  const named = isObject(commit) ? (commit["sha"] ?? commit["oid"]) : undefined;
  const pointed = isObject(object) && object["type"] === "commit" ? object["sha"] : undefined;
  const itself = Array.isArray(value["parents"]) || value["merged"] === true ? sha : undefined;
  return [named, pointed, itself].find((one) => typeof one === "string" && id.test(one)) as
    | string
    | undefined;
}
