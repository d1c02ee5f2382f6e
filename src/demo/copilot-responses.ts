import type { Answer } from "./answer.ts";

/** A whole answer of the Responses API. */
export function responsesBody(answer: Answer, model: string): object {
  return envelope(model, "completed", [item(answer, answer.pieces.join(""))]);
}

/** The same as server-sent events: each piece as a delta, and then, as the real API does, the full text again and again. */
export function responsesEvents(answer: Answer, model: string): readonly string[] {
  const full = answer.pieces.join("");
  const events = answer.kind === "text" ? textEvents(answer, full) : argumentEvents(answer, full);
  return [
    ["response.created", { response: envelope(model, "in_progress", []) }] as const,
    ["response.output_item.added", { output_index: 0, item: item(answer, "") }] as const,
    ...events,
    ["response.output_item.done", { output_index: 0, item: item(answer, full) }] as const,
    [
      "response.completed",
      { response: envelope(model, "completed", [item(answer, full)]) },
    ] as const,
  ].map(
    ([type, fields], sequence_number) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...fields })}\n\n`,
  );
}

type Event = readonly [type: string, fields: object];

function textEvents(answer: Answer, full: string): readonly Event[] {
  const place = { item_id: "msg_demo", output_index: 0, content_index: 0 };
  const part = (text: string): object => ({ type: "output_text", text, annotations: [] });
  return [
    ["response.content_part.added", { ...place, part: part("") }],
    ...answer.pieces.map((delta): Event => ["response.output_text.delta", { ...place, delta }]),
    ["response.output_text.done", { ...place, text: full }],
    ["response.content_part.done", { ...place, part: part(full) }],
  ];
}

function argumentEvents(answer: Answer, full: string): readonly Event[] {
  const place = { item_id: "fc_demo", output_index: 0 };
  return [
    ...answer.pieces.map(
      (delta): Event => ["response.function_call_arguments.delta", { ...place, delta }],
    ),
    ["response.function_call_arguments.done", { ...place, arguments: full }],
  ];
}

function item(answer: Answer, text: string): object {
  const status = text === "" ? "in_progress" : "completed";
  return answer.kind === "text"
    ? {
        id: "msg_demo",
        type: "message",
        role: "assistant",
        status,
        content: text === "" ? [] : [{ type: "output_text", text, annotations: [] }],
      }
    : {
        id: "fc_demo",
        type: "function_call",
        call_id: "call_demo",
        name: answer.tool ?? "bash",
        status,
        arguments: text,
      };
}

function envelope(model: string, status: string, output: readonly object[]): object {
  return {
    id: "resp_demo",
    object: "response",
    created_at: 1_760_000_000,
    status,
    model,
    output,
    usage: { input_tokens: 12, output_tokens: 34, total_tokens: 46 },
  };
}
