import type { Answer } from "./answer.ts";

const id = "msg_demo";

/** A whole Anthropic message. */
export function messagesBody(answer: Answer, model: string): object {
  const text = answer.pieces.join("");
  const block =
    answer.kind === "text"
      ? { type: "text", text }
      : { ...toolUse(answer), input: JSON.parse(text) as object };
  return { ...envelope(model), content: [block], stop_reason: stop(answer) };
}

/** The same as server-sent events, one delta per piece. */
export function messagesEvents(answer: Answer, model: string): readonly string[] {
  const event = (type: string, fields: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  const delta = (piece: string): object =>
    answer.kind === "text"
      ? { type: "text_delta", text: piece }
      : { type: "input_json_delta", partial_json: piece };
  return [
    event("message_start", { message: { ...envelope(model), content: [] } }),
    event("content_block_start", {
      index: 0,
      content_block: answer.kind === "text" ? { type: "text", text: "" } : toolUse(answer),
    }),
    event("ping", {}),
    ...answer.pieces.map((piece) =>
      event("content_block_delta", { index: 0, delta: delta(piece) }),
    ),
    event("content_block_stop", { index: 0 }),
    event("message_delta", { delta: { stop_reason: stop(answer) }, usage: { output_tokens: 34 } }),
    event("message_stop", {}),
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
