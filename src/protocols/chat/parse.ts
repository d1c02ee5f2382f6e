import { err } from "../../base/result.ts";
import type { AttributeValue, Operation } from "../../core/operation.ts";
import type { Target } from "../../core/target.ts";
import type { RequestHead } from "../../http/message.ts";
import type { Drafts } from "../draft.ts";
import type { RequestParser } from "../protocol.ts";
import { connectionHost } from "../resource.ts";
import { isObject, type JsonObject, readObject } from "../strict-json.ts";
import { fromBody, fromHead, settled } from "../whole-body.ts";
import { refuseModel } from "./refuse.ts";

/** Which of the model APIs a path belongs to. */
export type ModelApi = "chat" | "responses" | "messages" | "completions" | "embeddings";

/** The paths of model calls, below the API or its `/v1`. */
export const apis: ReadonlyMap<string, ModelApi> = new Map<string, ModelApi>([
  ["chat/completions", "chat"],
  ["responses", "responses"],
  ["messages", "messages"],
  ["embeddings", "embeddings"],
  ["completions", "completions"],
]);

/** The model API of a path, with or without `/v1` and `/engines/{engine}` before it. */
export function modelApi(segments: readonly string[]): ModelApi | undefined {
  const path = segments.join("/").toLowerCase();
  return apis.get(path.replace(/^(v1\/)?(engines\/[^/]+\/)?/, ""));
}

/** Reads one request to the Copilot API. */
export function parseChat(head: RequestHead, target: Target): RequestParser {
  const { segments } = target.path;
  const api = modelApi(segments);
  const read = head.method === "GET" || head.method === "HEAD";
  if (head.fields.has("upgrade") || head.method === "CONNECT")
    return fromHead(err("model calls over WebSocket are not accepted, use HTTP"), refuseModel);
  if (api !== undefined && head.method === "POST")
    return fromBody(head, (body) => modelCall(api, target, body), refuseModel);
  if (read && /^(v1\/)?models(\/[^/]+)?$/i.test(segments.join("/")))
    return fromHead(settled(operation(target, "model.list", "read", {})), refuseModel);
  const access = read ? "read" : "write";
  return fromHead(settled(operation(target, `unknown.${access}`, access, {})), refuseModel);
}

function operation(
  target: Target,
  name: string,
  access: Operation["access"],
  attributes: Operation["attributes"],
): Operation {
  return { protocol: "chat", name, access, resource: connectionHost(target), attributes };
}

function modelCall(api: ModelApi, target: Target, bytes: Uint8Array): Drafts {
  const body = readObject(bytes);
  if (!body.ok) return body;
  const model = body.value["model"] ?? engineOf(target.path.segments);
  if (typeof model !== "string" || model === "") return err("the body does not name a model");
  const attributes: Record<string, AttributeValue> = {
    api,
    model,
    stream: body.value["stream"] === true,
    tools: toolNames(body.value),
    ...maxTokens(body.value),
  };
  return settled(operation(target, "model.call", "read", attributes));
}

/** How long the answer may be: chat's two spellings, which Anthropic shares, and that of the Responses API. */
function maxTokens(body: JsonObject): { readonly maxTokens?: number } {
  const limits = [body["max_completion_tokens"], body["max_tokens"], body["max_output_tokens"]];
  const given = limits.filter((limit) => typeof limit === "number");
  return given.length === 0 ? {} : { maxTokens: Math.max(...given) };
}

/** The editors' completions name their model in the path. */
function engineOf(segments: readonly string[]): string | undefined {
  const at = segments.findIndex((segment) => segment.toLowerCase() === "engines");
  return at === -1 ? undefined : segments[at + 1];
}

/** The tools that a call offers: `function.name` (chat), `name` (responses, messages), else their `type`. */
function toolNames(body: JsonObject): readonly string[] {
  const lists = [body["tools"], body["functions"]].filter((list) => Array.isArray(list));
  if (lists.length === 0) return [];
  const names = lists.flat().map((tool: unknown) => {
    if (!isObject(tool)) return "unknown";
    const inner = isObject(tool["function"]) ? tool["function"]["name"] : undefined;
    const name = inner ?? tool["name"] ?? tool["type"];
    return typeof name === "string" ? name : "unknown";
  });
  return [...new Set(names)].sort();
}
