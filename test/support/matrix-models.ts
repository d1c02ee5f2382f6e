import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { expect } from "vitest";
import { type Cell, cutAt, line, matrixText } from "./matrix.ts";
import { events, type Form, without } from "./matrix-forms.ts";
import type { Staged } from "./matrix-upstream.ts";
import type { Way } from "./matrix-way.ts";

function openai({ copilot, token, fetch }: Way): OpenAI {
  return new OpenAI({ apiKey: token, baseURL: copilot, maxRetries: 0, fetch });
}

/** The text in pieces as a model sends it: what stands before a cut, and what behind. */
function piecesOf(cells: readonly Cell[]): readonly string[] {
  const { text, cuts } = matrixText(cells);
  const decoder = new TextDecoder();
  return cutAt(Buffer.from(text), cuts).map((piece) => decoder.decode(piece, { stream: true }));
}

/** Arguments of a tool call that hold the cells, one object each, in pieces; `readArguments` puts them together again. */
function argumentPieces(cells: readonly Cell[]): readonly string[] {
  const pieces: string[] = [];
  let piece = '{"items":[';
  cells.forEach(({ example, cut }, index) => {
    const ahead = example.name === undefined ? line(index) : "";
    const value = JSON.stringify(ahead + example.text);
    // A character that is cut in two comes whole, behind the cut.
    const before = Buffer.from(example.text)
      .subarray(0, cut)
      .toString()
      .replace(/\ufffd+$/, "");
    const at = JSON.stringify(ahead + before).length - 1;
    pieces.push(
      `${piece}${index === 0 ? "" : ","}{"${example.name ?? "text"}":${value.slice(0, at)}`,
    );
    piece = `${value.slice(at)}}`;
  });
  return [...pieces, `${piece}]}`];
}

function readArguments(args: string): string {
  const { items } = JSON.parse(args) as { items: readonly Readonly<Record<string, string>>[] };
  const texts = items.map((item, index) => item["text"] ?? line(index) + Object.values(item)[0]);
  return texts.join("") + line(items.length);
}

function staged(list: readonly object[], named: boolean, last = ""): Staged {
  const lines = list.map((event) => {
    const name = named ? `event: ${(event as { type: string }).type}\n` : "";
    return Buffer.from(`${name}data: ${JSON.stringify(event)}\n\n`);
  });
  return { headers: events, writes: last === "" ? lines : [...lines, Buffer.from(last)] };
}

const asked = { model: "m", messages: [{ role: "user" as const, content: "go" }] };

function chunk(delta: object, finish: string | null): object {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return { id: "c1", object: "chat.completion.chunk", created: 1, model: "m", choices };
}

export const chat: Form = {
  name: "chat completions, streamed",
  stage: (cells) => {
    const deltas = piecesOf(cells).map((content) => chunk({ content }, null));
    const [first, last] = [chunk({ role: "assistant" }, null), chunk({}, "stop")];
    return staged([first, ...deltas, last], false, "data: [DONE]\n\n");
  },
  read: async (way) => {
    const whole = await openai(way).chat.completions.stream(asked).finalChatCompletion();
    const out = whole.choices[0]?.message.content ?? "";
    return { out, rest: without(whole, out) };
  },
};

const chatTool: Form = {
  name: "the arguments of a tool call in chat completions, streamed",
  named: true,
  stage: (cells) => {
    const call = (parts: object) => chunk({ tool_calls: [{ index: 0, ...parts }] }, null);
    const start = { id: "t1", type: "function", function: { name: "run", arguments: "" } };
    const deltas = argumentPieces(cells).map((piece) => call({ function: { arguments: piece } }));
    const last = chunk({}, "tool_calls");
    const first = chunk({ role: "assistant" }, null);
    return staged([first, call(start), ...deltas, last], false, "data: [DONE]\n\n");
  },
  read: async (way) => {
    const whole = await openai(way).chat.completions.stream(asked).finalChatCompletion();
    const call = whole.choices[0]?.message.tool_calls?.[0];
    const args = call?.type === "function" ? call.function.arguments : "";
    return { out: readArguments(args), rest: without(whole, args) };
  },
};

/** What a stream of the Responses API ends with: each `done` tells again what the pieces told. */
function responsesEvents(deltas: readonly object[], done: readonly object[], item: object): Staged {
  const list = [
    { type: "response.created", response: { id: "r1", output: [] } },
    {
      type: "response.output_item.added",
      output_index: 0,
      item: { ...item, status: "in_progress" },
    },
    ...deltas,
    ...done,
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response: { id: "r1", output: [item] } },
  ];
  return staged(
    list.map((event, number) => ({ ...event, sequence_number: number })),
    true,
  );
}

const responses: Form = {
  name: "Responses, streamed",
  stage: (cells) => {
    const { text } = matrixText(cells);
    const place = { item_id: "m1", output_index: 0, content_index: 0 };
    const part = { type: "output_text", text, annotations: [] };
    const head = { id: "m1", type: "message", role: "assistant", status: "completed" };
    return responsesEvents(
      piecesOf(cells).map((delta) => ({ type: "response.output_text.delta", ...place, delta })),
      [
        { type: "response.output_text.done", ...place, text },
        { type: "response.content_part.done", ...place, part },
      ],
      { ...head, content: [part] },
    );
  },
  read: async (way) => {
    const stream = await openai(way).responses.create({ model: "m", input: "go", stream: true });
    let out = "";
    let number = 0;
    const others: object[] = [];
    for await (const event of stream) {
      expect(event.sequence_number).toBe(number++);
      if (event.type === "response.output_text.delta") out += event.delta;
      else others.push({ ...event, sequence_number: 0 });
    }
    const rest = without(others, out);
    // Each of the repeats told exactly what the pieces told.
    expect(rest.split("…")).toHaveLength(6);
    return { out, rest };
  },
};

const responsesTool: Form = {
  name: "the arguments of a function call in Responses, streamed",
  named: true,
  stage: (cells) => {
    const pieces = argumentPieces(cells);
    const args = pieces.join("");
    const place = { item_id: "f1", output_index: 0 };
    const type = "response.function_call_arguments";
    const head = { id: "f1", type: "function_call", call_id: "k1", name: "run" };
    return responsesEvents(
      pieces.map((delta) => ({ type: `${type}.delta`, ...place, delta })),
      [{ type: `${type}.done`, ...place, name: "run", arguments: args }],
      { ...head, arguments: args, status: "completed" },
    );
  },
  read: async (way) => {
    const stream = await openai(way).responses.create({ model: "m", input: "go", stream: true });
    let args = "";
    const others: object[] = [];
    for await (const event of stream) {
      if (event.type === "response.function_call_arguments.delta") args += event.delta;
      else others.push({ ...event, sequence_number: 0 });
    }
    const rest = without(others, args);
    expect(rest.split("…")).toHaveLength(5);
    return { out: readArguments(args), rest };
  },
};

/** A message of one content block, told in pieces. */
function messageEvents(block: object, deltas: readonly object[]): Staged {
  const usage = { input_tokens: 1, output_tokens: 1 };
  const head = { id: "a1", type: "message", role: "assistant", model: "m", content: [], usage };
  const list = [
    { type: "message_start", message: head },
    { type: "content_block_start", index: 0, content_block: block },
    ...deltas.map((delta) => ({ type: "content_block_delta", index: 0, delta })),
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage },
    { type: "message_stop" },
  ];
  return staged(list, true);
}

function finalMessage({ copilot: baseURL, token, fetch }: Way): Promise<Anthropic.Message> {
  const client = new Anthropic({ authToken: token, apiKey: null, baseURL, maxRetries: 0, fetch });
  return client.messages.stream({ ...asked, max_tokens: 9 }).finalMessage();
}

const messages: Form = {
  name: "Messages, streamed",
  stage: (cells) => {
    const deltas = piecesOf(cells).map((text) => ({ type: "text_delta", text }));
    return messageEvents({ type: "text", text: "" }, deltas);
  },
  read: async (way) => {
    const whole = await finalMessage(way);
    const [block] = whole.content;
    const out = block?.type === "text" ? block.text : "";
    return { out, rest: without(whole, out) };
  },
};

const messagesTool: Form = {
  name: "the input of a tool in Messages, streamed",
  named: true,
  stage: (cells) => {
    const pieces = argumentPieces(cells);
    const deltas = pieces.map((piece) => ({ type: "input_json_delta", partial_json: piece }));
    return messageEvents({ type: "tool_use", id: "t1", name: "run", input: {} }, deltas);
  },
  read: async (way) => {
    const whole = await finalMessage(way);
    const [block] = whole.content;
    const args = JSON.stringify(block?.type === "tool_use" ? block.input : undefined);
    const rest = JSON.stringify({ ...whole, content: [{ ...block, input: "…" }] });
    return { out: readArguments(args), rest };
  },
};

export const modelForms: readonly Form[] = [
  chat,
  chatTool,
  responses,
  responsesTool,
  messages,
  messagesTool,
];
