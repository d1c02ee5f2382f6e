import type { Part } from "../../core/said.ts";
import { cutFences } from "../said/fences.ts";
import { idOf, jsonOf, listOf, objectOf, textOf } from "../said/members.ts";
import type { Heed } from "../said/reader.ts";
import { isObject, type JsonObject } from "../strict-json.ts";

/** The parts of one message of chat completions or Anthropic Messages: content, reasoning, tool calls and results. */
export function messageParts(message: JsonObject, heed: Heed = "all"): readonly Part[] {
  const role = textOf(message, "role");
  if (role === "tool" || role === "function") {
    const text = plainText(message["content"]);
    return [{ kind: "toolResult", ...idOf(message, "tool_call_id"), text, failed: false }];
  }
  const calls = listOf(message, "tool_calls").map(callPart);
  const legacy = objectOf(message, "function_call");
  return [
    ...reasoning(textOf(message, "reasoning_text") || textOf(message, "reasoning_content")),
    ...contentParts(message["content"], heed),
    ...cutFences(textOf(message, "refusal"), heed),
    ...calls,
    ...(textOf(legacy, "name") === "" ? [] : [callPart({ function: legacy })]),
  ];
}

/** The parts of a `content`: text, or a list of blocks. */
export function contentParts(content: unknown, heed: Heed = "all"): readonly Part[] {
  if (typeof content === "string") return cutFences(content, heed);
  if (!Array.isArray(content)) return [];
  return content.filter(isObject).flatMap((block) => blockParts(block, heed));
}

/** The parts of one block, as chat completions, Responses and Anthropic spell them. */
export function blockParts(block: JsonObject, heed: Heed = "all"): readonly Part[] {
  switch (block["type"]) {
    case "text":
    case "input_text":
    case "output_text":
      return cutFences(textOf(block, "text"), heed);
    case "refusal":
      return cutFences(textOf(block, "refusal"), heed);
    case "thinking":
      return reasoning(textOf(block, "thinking"));
    case "tool_use":
    case "server_tool_use":
    case "mcp_tool_use": {
      const name = textOf(block, "name");
      return [{ kind: "toolCall", ...idOf(block, "id"), name, arguments: jsonOf(block, "input") }];
    }
    case "tool_result":
    case "mcp_tool_result": {
      const text = plainText(block["content"]);
      const failed = block["is_error"] === true;
      return [{ kind: "toolResult", ...idOf(block, "tool_use_id"), text, failed }];
    }
    default:
      return [];
  }
}

/** What was thought aloud; nothing where it was empty. */
export function reasoning(text: string): readonly Part[] {
  return text === "" ? [] : [{ kind: "reasoning", text }];
}

/** Text of a tool's answer: a string, or the text blocks of a list. */
export function plainText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .filter(isObject)
    .map((block) => textOf(block, "text"))
    .filter((text) => text !== "")
    .join("\n");
}

function callPart(call: JsonObject): Part {
  const custom = objectOf(call, "custom");
  const named = textOf(custom, "name") === "" ? objectOf(call, "function") : custom;
  return {
    kind: "toolCall",
    ...idOf(call, "id"),
    name: textOf(named, "name"),
    arguments: jsonOf(named, "arguments") || textOf(named, "input"),
  };
}
