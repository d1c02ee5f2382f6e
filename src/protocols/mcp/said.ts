import type { Said } from "../../core/said.ts";
import { readSaid } from "../said/body.ts";
import { jsonOf, objectOf, textOf } from "../said/members.ts";
import type { Conversation } from "../said/reader.ts";
import type { JsonObject } from "../strict-json.ts";
import { isObject } from "../strict-json.ts";

/** Listens to one POST of the Model Context Protocol: the tool that is called, and what it answers. */
export function listenToMcp(): Conversation {
  return {
    request: (fields) => readSaid(fields, { object: called, end: () => [] }),
    response: ({ fields }) => readSaid(fields, { object: answered, end: () => [] }),
  };
}

function called(message: JsonObject): readonly Said[] {
  if (message["method"] !== "tools/call") return [];
  const params = objectOf(message, "params");
  const name = textOf(params, "name");
  const args = jsonOf(params, "arguments");
  const part = { kind: "toolCall" as const, ...rpcId(message), name, arguments: args };
  return [{ direction: "request", role: "assistant", turn: 0, part }];
}

function answered(message: JsonObject): readonly Said[] {
  const error = message["error"];
  const result = message["result"];
  if (isObject(error)) return [toolSaid(message, textOf(error, "message"), true)];
  if (!isObject(result) || !Array.isArray(result["content"])) return [];
  const texts = result["content"].filter(isObject).map(resultText);
  const text =
    texts.filter((piece) => piece !== "").join("\n") || jsonOf(result, "structuredContent");
  return [toolSaid(message, text, result["isError"] === true)];
}

function resultText(block: JsonObject): string {
  return textOf(block, "text") || textOf(objectOf(block, "resource"), "text");
}

function toolSaid(message: JsonObject, text: string, failed: boolean): Said {
  const part = { kind: "toolResult" as const, ...rpcId(message), text, failed };
  return { direction: "response", role: "tool", turn: 0, part };
}

function rpcId({ id }: JsonObject): { readonly id?: string } {
  return typeof id === "string" || typeof id === "number" ? { id: String(id) } : {};
}
