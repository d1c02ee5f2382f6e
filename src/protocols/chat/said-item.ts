import type { Part } from "../../core/said.ts";
import { idOf, jsonOf, listOf, objectOf, textOf } from "../said/members.ts";
import type { Heed } from "../said/reader.ts";
import type { JsonObject } from "../strict-json.ts";
import { contentParts, plainText, reasoning } from "./said-message.ts";

/** The parts of one item of the Responses API, of its input as of its output. */
export function itemParts(item: JsonObject, heed: Heed = "all"): readonly Part[] {
  const call = idOf(item, "call_id");
  switch (item["type"]) {
    case undefined:
    case "message":
      return contentParts(item["content"], heed);
    case "reasoning":
      return reasoning(
        [...listOf(item, "summary"), ...listOf(item, "content")]
          .map((piece) => textOf(piece, "text"))
          .join("\n"),
      );
    case "function_call":
      return [toolCall(call, textOf(item, "name"), jsonOf(item, "arguments"))];
    case "custom_tool_call":
      return [toolCall(call, textOf(item, "name"), textOf(item, "input"))];
    case "local_shell_call":
    case "shell_call":
      return [toolCall(call, "shell", jsonOf(item, "action"))];
    case "apply_patch_call":
      return [toolCall(call, "apply_patch", jsonOf(item, "operation"))];
    case "code_interpreter_call":
      return [toolCall(idOf(item, "id"), "code_interpreter", textOf(item, "code"))];
    case "mcp_call":
      return mcpParts(item);
    case "function_call_output":
    case "custom_tool_call_output":
    case "local_shell_call_output":
    case "shell_call_output":
    case "apply_patch_call_output":
      return [toolResult(call, plainText(item["output"]), item["status"] === "failed")];
    default:
      return [];
  }
}

function mcpParts(item: JsonObject): readonly Part[] {
  const id = idOf(item, "id");
  const called = toolCall(id, textOf(item, "name"), textOf(item, "arguments"));
  const failed = item["error"] !== undefined && item["error"] !== null;
  const text = failed ? jsonOf(objectOf(item, "error"), "message") : textOf(item, "output");
  return text === "" && !failed ? [called] : [called, toolResult(id, text, failed)];
}

function toolCall(id: { readonly id?: string }, name: string, args: string): Part {
  return { kind: "toolCall", ...id, name, arguments: args };
}

function toolResult(id: { readonly id?: string }, text: string, failed: boolean): Part {
  return { kind: "toolResult", ...id, text, failed };
}
