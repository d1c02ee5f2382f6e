import type { Answer } from "./answer.ts";

const id = "chatcmpl-demo";
const usage = { prompt_tokens: 12, completion_tokens: 34, total_tokens: 46 };

/** A whole chat completion. */
export function chatBody(answer: Answer, model: string): object {
  const text = answer.pieces.join("");
  const message =
    answer.kind === "text"
      ? { role: "assistant", content: text }
      : { role: "assistant", content: null, tool_calls: [toolCall(answer, text)] };
  return {
    id,
    object: "chat.completion",
    created: 1_760_000_000,
    model,
    choices: [{ index: 0, message, finish_reason: finish(answer) }],
    usage,
  };
}

/** The same as server-sent events, one delta per piece. */
export function chatEvents(answer: Answer, model: string): readonly string[] {
  const chunk = (delta: object, finish_reason: string | null = null): string =>
    `data: ${JSON.stringify({
      id,
      object: "chat.completion.chunk",
      created: 1_760_000_000,
      model,
      choices: [{ index: 0, delta, finish_reason }],
    })}\n\n`;
  const deltas =
    answer.kind === "text"
      ? answer.pieces.map((content) => chunk({ content }))
      : [
          chunk({ tool_calls: [{ index: 0, ...toolCall(answer, "") }] }),
          ...answer.pieces.map((piece) =>
            chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] }),
          ),
        ];
  const total = `data: ${JSON.stringify({ id, object: "chat.completion.chunk", model, choices: [], usage })}\n\n`;
  const opening = chunk({ role: "assistant", content: "" });
  return [opening, ...deltas, chunk({}, finish(answer)), total, "data: [DONE]\n\n"];
}

function toolCall(answer: Answer, text: string): object {
  return {
    id: "call_demo",
    type: "function",
    function: { name: answer.tool ?? "bash", arguments: text },
  };
}

function finish(answer: Answer): string {
  return answer.kind === "text" ? "stop" : "tool_calls";
}
