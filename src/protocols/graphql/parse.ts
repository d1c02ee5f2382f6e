import { err, type Result } from "../../base/result.ts";
import type { Target } from "../../core/target.ts";
import type { RequestHead } from "../../http/message.ts";
import { type Draft, type Drafts, listed, type Upstream } from "../draft.ts";
import type { RequestParser } from "../protocol.ts";
import { brandHost } from "../resource.ts";
import { isObject, type JsonObject, readObject } from "../strict-json.ts";
import { fromBody, fromHead, settled } from "../whole-body.ts";
import { type Asked, readDocument } from "./document.ts";
import { mutationDrafts } from "./mutations.ts";
import { queryDraft } from "./queries.ts";
import { refuseGraphql } from "./refuse.ts";

/** Reads one GraphQL request: each root field is an operation. A batch (a JSON array) is refused. */
export function parseGraphql(
  head: RequestHead,
  target: Target,
  upstream?: Upstream,
): RequestParser {
  const host = brandHost(target);
  if (new URLSearchParams(target.path.query).has("query"))
    return fromHead(err("a GraphQL query must be in the body"), (no) => refuseGraphql(no, []));
  if (head.method === "GET" || head.method === "HEAD")
    return fromHead(schema(host), refuseFrom([]));
  if (head.method !== "POST")
    return fromHead(err("GraphQL takes no other method than POST"), refuseFrom([]));
  const path: string[] = [];
  const read = (body: Uint8Array) => {
    const asked = readRequest(body);
    const first = asked.ok ? asked.value.fields[0] : undefined;
    if (first !== undefined) path.push(first.key);
    return asked.ok ? draftsOf(host, asked.value) : asked;
  };
  return fromBody(head, read, refuseFrom(path), upstream);
}

function refuseFrom(path: readonly string[]) {
  return (refusal: Parameters<typeof refuseGraphql>[0]) => refuseGraphql(refusal, path);
}

/** `GET /graphql` gives the schema. */
function schema(host: string): Drafts {
  return settled({
    protocol: "graphql",
    name: "graphql.read",
    access: "read",
    resource: host,
    attributes: { field: "__schema" },
  });
}

function readRequest(bytes: Uint8Array): Result<Asked> {
  const body = readObject(bytes);
  if (!body.ok) return body;
  const { query, operationName, variables } = body.value;
  if (typeof query !== "string") return err("the body has no `query`");
  const values = readVariables(variables);
  if (!values.ok) return values;
  if (operationName !== undefined && operationName !== null && typeof operationName !== "string")
    return err("the body's `operationName` is not a string");
  // GitHub treats an empty name as none.
  return readDocument(query, operationName || undefined, values.value);
}

/** Variables may come as JSON text inside the JSON. */
function readVariables(variables: unknown): Result<JsonObject> {
  if (variables === undefined || variables === null || variables === "")
    return { ok: true, value: {} };
  if (typeof variables === "string") return readObject(new TextEncoder().encode(variables));
  return isObject(variables)
    ? { ok: true, value: variables }
    : err("the body's `variables` are not an object");
}

function draftsOf(host: string, asked: Asked): Drafts {
  const drafts: Draft[] = [];
  for (const field of asked.fields) {
    if (asked.type === "query" || field.name === "__typename") {
      drafts.push(queryDraft(host, field));
      continue;
    }
    const read = mutationDrafts(host, field);
    if (!read.ok) return read;
    drafts.push(...read.value);
  }
  return listed(drafts);
}
