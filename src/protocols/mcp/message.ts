import { err, ok, type Result } from "../../base/result.ts";
import { isObject, type JsonObject, readJson } from "../strict-json.ts";

/** One JSON-RPC message (JSON-RPC 2.0; MCP allows one per POST). */
export interface Message {
  /** `undefined` for an answer to the server's own request. */
  readonly method: string | undefined;
  /** `undefined` for a notification. */
  readonly id: string | number | undefined;
  readonly params: JsonObject;
}

/** Reads the one message of a POST; batches are refused, as is what Go's decoder would read differently. */
export function readMessage(body: Uint8Array): Result<Message> {
  const value = readJson(body, { foldCase: true });
  if (!value.ok) return value;
  if (!isObject(value.value)) return err("the body is not a single JSON-RPC message");
  const { jsonrpc, method, id, params } = value.value;
  if (misspelt(value.value, ["jsonrpc", "method", "id", "params", "result", "error"]))
    return err("the message spells a member in a way that servers read differently");
  if (isObject(params) && misspelt(params, ["name", "arguments", "uri", "_meta"]))
    return err("the message spells a member in a way that servers read differently");
  if (jsonrpc !== "2.0") return err("the body is not a JSON-RPC 2.0 message");
  if (!isId(id)) return err("the message's id is neither a string nor a number");
  if (params !== undefined && !isObject(params))
    return err("the message's params are not an object");
  if (method === undefined) return readAnswer(value.value, id);
  if (typeof method !== "string") return err("the message's method is not a string");
  return ok({ method, id, params: params ?? {} });
}

/** Go's decoder takes `Arguments` for `arguments`; others do not see it. */
function misspelt(object: JsonObject, names: readonly string[]): boolean {
  return Object.keys(object).some(
    (key) => names.includes(key.toLowerCase()) && !names.includes(key),
  );
}

function isId(id: unknown): id is string | number | undefined {
  return id === undefined || typeof id === "string" || typeof id === "number";
}

function readAnswer(message: JsonObject, id: string | number | undefined): Result<Message> {
  return "result" in message || "error" in message
    ? ok({ method: undefined, id, params: {} })
    : err("the message has no method");
}
