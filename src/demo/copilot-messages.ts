import { createHmac, randomBytes } from "node:crypto";
import type { Answer } from "./answer.ts";
import { isRecord } from "./visit.ts";

const id = "msg_demo";
const key = randomBytes(32);

/** As the real API does it, in a form of our own: nobody else can sign, and one changed character makes it void. */
function sign(thinking: string): string {
  return createHmac("sha256", key).update(thinking).digest("base64");
}

/** What is wrong with the thinking in a conversation, in the real API's words. */
export function wrongThinking(request: Readonly<Record<string, unknown>>): string | undefined {
  return changedThinking(request) ?? missingThinking(request);
}

/** Within a loop of tool calls thinking may not be left out, where the caller asked for it. */
function missingThinking(request: Readonly<Record<string, unknown>>): string | undefined {
  const asked = request["thinking"];
  if (!isRecord(asked) || asked["type"] !== "enabled") return undefined;
  const messages = listed(request["messages"]);
  const at = messages.findLastIndex(({ role }) => role === "assistant");
  const blocks = listed(messages[at]?.["content"]);
  const first = String(blocks[0]?.["type"]);
  if (!blocks.some(({ type }) => type === "tool_use") || first === "thinking") return undefined;
  return `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`.`;
}

function changedThinking(request: Readonly<Record<string, unknown>>): string | undefined {
  for (const [at, message] of listed(request["messages"]).entries())
    for (const [index, block] of listed(message["content"]).entries())
      if (block["type"] === "thinking" && block["signature"] !== sign(String(block["thinking"])))
        return `messages.${at}.content.${index}: Invalid \`signature\` in \`thinking\` block`;
  return undefined;
}

function listed(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** A whole Anthropic message. */
export function messagesBody(answer: Answer, model: string): object {
  const text = answer.pieces.join("");
  const block =
    answer.kind === "text"
      ? { type: "text", text }
      : { ...toolUse(answer), input: JSON.parse(text) as object };
  const thinking = answer.thinking?.join("");
  const thought =
    thinking === undefined ? [] : [{ type: "thinking", thinking, signature: sign(thinking) }];
  return { ...envelope(model), content: [...thought, block], stop_reason: stop(answer) };
}

/** The same as server-sent events, one delta per piece. */
export function messagesEvents(answer: Answer, model: string): readonly string[] {
  const event = (type: string, fields: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  const delta = (piece: string): object =>
    answer.kind === "text"
      ? { type: "text_delta", text: piece }
      : { type: "input_json_delta", partial_json: piece };
  const index = answer.thinking === undefined ? 0 : 1;
  return [
    event("message_start", { message: { ...envelope(model), content: [] } }),
    ...(answer.thinking === undefined ? [] : thinkingEvents(answer.thinking, event)),
    event("content_block_start", {
      index,
      content_block: answer.kind === "text" ? { type: "text", text: "" } : toolUse(answer),
    }),
    event("ping", {}),
    ...answer.pieces.map((piece) => event("content_block_delta", { index, delta: delta(piece) })),
    event("content_block_stop", { index }),
    event("message_delta", { delta: { stop_reason: stop(answer) }, usage: { output_tokens: 34 } }),
    event("message_stop", {}),
  ];
}

function thinkingEvents(
  pieces: readonly string[],
  event: (type: string, fields: object) => string,
): readonly string[] {
  const deltas = [
    ...pieces.map((thinking) => ({ type: "thinking_delta", thinking })),
    { type: "signature_delta", signature: sign(pieces.join("")) },
  ];
  const content_block = { type: "thinking", thinking: "", signature: "" };
  return [
    event("content_block_start", { index: 0, content_block }),
    ...deltas.map((delta) => event("content_block_delta", { index: 0, delta })),
    event("content_block_stop", { index: 0 }),
  ];
}

function toolUse({ tool }: Answer): object {
  return { type: "tool_use", id: "toolu_demo", name: tool ?? "bash", input: {} };
}

function envelope(model: string): object {
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 12, output_tokens: 1 },
  };
}

function stop(answer: Answer): string {
  return answer.kind === "text" ? "end_turn" : "tool_use";
}
