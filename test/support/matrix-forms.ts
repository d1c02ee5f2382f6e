import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import Anthropic from "@anthropic-ai/sdk";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import OpenAI from "openai";
import { expect } from "vitest";
import { ask } from "../../src/demo/ask.ts";
import { cutAt, type MatrixText } from "./matrix.ts";
import type { MatrixUpstream } from "./matrix-upstream.ts";

/** Where texts are staged, and by which way they are asked for. */
export interface Way {
  readonly upstream: MatrixUpstream;
  readonly proxy: string;
  /** The proxy's certificate authority, in PEM. */
  readonly ca: string;
  readonly token: string;
}

/** How a text comes: staged at the upstream, asked for, and read as its clients read it. */
export interface Form {
  readonly name: string;
  stage(way: Way, text: MatrixText): void;
  read(way: Way): Promise<string>;
}

/** Plain text, as it comes. */
export const asText = { "content-type": "text/plain; charset=utf-8" };
const events = { "content-type": "text/event-stream" };
const json = { "content-type": "application/json" };

export async function plain({ proxy, ca, token }: Way): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await ask(`${proxy}/api/v3/repos/acme/app/readme`, { headers, ca });
  expect(answer.status).toBe(200);
  return answer.text;
}

function packed(coding: string, pack: (bytes: Buffer) => Buffer): Form {
  return {
    name: coding,
    stage: ({ upstream }, { text, cuts: places }) => {
      const body = pack(Buffer.from(text));
      // The places are spread over what is left of the text.
      const spread = places.map((place) => Math.floor((place / text.length) * body.length));
      upstream.stage({
        headers: { ...asText, "content-encoding": coding },
        writes: cutAt(body, spread),
      });
    },
    read: plain,
  };
}

function openai({ proxy, token }: Way): OpenAI {
  return new OpenAI({ apiKey: token, baseURL: `${proxy}/copilot`, maxRetries: 0 });
}

/** The text in pieces as a model sends it: what stands before a cut, and what behind. */
function piecesOf({ text, cuts: places }: MatrixText): readonly string[] {
  const decoder = new TextDecoder();
  return cutAt(Buffer.from(text), places).map((piece) => decoder.decode(piece, { stream: true }));
}

function stageEvents(
  upstream: MatrixUpstream,
  list: readonly object[],
  named: boolean,
  last = "",
): void {
  const lines = list.map((event) => {
    const name = named ? `event: ${(event as { type: string }).type}\n` : "";
    return Buffer.from(`${name}data: ${JSON.stringify(event)}\n\n`);
  });
  upstream.stage({ headers: events, writes: last === "" ? lines : [...lines, Buffer.from(last)] });
}

const call = { model: "m", messages: [{ role: "user" as const, content: "go" }] };

const chat: Form = {
  name: "chat completions, streamed",
  stage: ({ upstream }, text) => {
    const chunk = (delta: object, finish: string | null) => ({
      id: "c1",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
    const deltas = piecesOf(text).map((content) => chunk({ content }, null));
    stageEvents(upstream, [...deltas, chunk({}, "stop")], false, "data: [DONE]\n\n");
  },
  read: async (way) => {
    const stream = await openai(way).chat.completions.create({ ...call, stream: true });
    let out = "";
    let finish: string | null | undefined;
    for await (const { id, model, choices } of stream) {
      expect([id, model, choices[0]?.index]).toEqual(["c1", "m", 0]);
      expect(finish ?? null).toBeNull();
      out += choices[0]?.delta.content ?? "";
      finish = choices[0]?.finish_reason;
    }
    expect(finish).toBe("stop");
    return out;
  },
};

const responses: Form = {
  name: "Responses, streamed",
  stage: ({ upstream }, { text, cuts: places }) => {
    const place = { item_id: "m1", output_index: 0, content_index: 0 };
    const part = { type: "output_text", text, annotations: [] };
    const item = {
      id: "m1",
      type: "message",
      role: "assistant",
      status: "completed",
      content: [part],
    };
    const list = [
      { type: "response.created", response: { id: "r1", output: [] } },
      ...piecesOf({ text, cuts: places }).map((delta) => ({
        type: "response.output_text.delta",
        ...place,
        delta,
      })),
      { type: "response.output_text.done", ...place, text },
      { type: "response.content_part.done", ...place, part },
      { type: "response.output_item.done", output_index: 0, item },
      { type: "response.completed", response: { id: "r1", output: [item] } },
    ];
    stageEvents(
      upstream,
      list.map((event, number) => ({ ...event, sequence_number: number })),
      true,
    );
  },
  read: async (way) => {
    const stream = await openai(way).responses.create({ model: "m", input: "go", stream: true });
    let out = "";
    let number = 0;
    const repeats: string[] = [];
    for await (const event of stream) {
      expect(event.sequence_number).toBe(number++);
      if (event.type === "response.output_text.delta") out += event.delta;
      if (event.type === "response.output_text.done") repeats.push(event.text);
      if (event.type === "response.content_part.done" && event.part.type === "output_text")
        repeats.push(event.part.text);
      const [item] =
        event.type === "response.completed"
          ? event.response.output
          : event.type === "response.output_item.done"
            ? [event.item]
            : [];
      if (item?.type === "message" && item.content[0]?.type === "output_text")
        repeats.push(item.content[0].text);
    }
    expect(repeats).toHaveLength(4);
    for (const repeat of repeats) expect(repeat === out).toBe(true);
    return out;
  },
};

const messages: Form = {
  name: "Messages, streamed",
  stage: ({ upstream }, text) => {
    const usage = { input_tokens: 1, output_tokens: 1 };
    const message = {
      id: "a1",
      type: "message",
      role: "assistant",
      model: "m",
      content: [],
      usage,
    };
    stageEvents(
      upstream,
      [
        { type: "message_start", message },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
        ...piecesOf(text).map((piece) => ({
          type: "content_block_delta",
          index: 0,
          delta: { type: "text_delta", text: piece },
        })),
        { type: "content_block_stop", index: 0 },
        { type: "message_delta", delta: { stop_reason: "end_turn" }, usage },
        { type: "message_stop" },
      ],
      true,
    );
  },
  read: async (way) => {
    const { proxy, token } = way;
    const baseURL = `${proxy}/copilot`;
    const client = new Anthropic({ authToken: token, apiKey: null, baseURL, maxRetries: 0 });
    const whole = await client.messages.stream({ ...call, max_tokens: 9 }).finalMessage();
    expect([whole.id, whole.model, whole.stop_reason]).toEqual(["a1", "m", "end_turn"]);
    const [block] = whole.content;
    return block?.type === "text" ? block.text : "";
  },
};

function mcp(name: string, streamed: boolean): Form {
  return {
    name,
    stage: ({ upstream }, { text, cuts: places }) => {
      const content = [{ type: "text", text }];
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, result: { content } });
      const start = streamed ? "event: message\ndata: " : "";
      const bytes = Buffer.from(`${start}${body}${streamed ? "\n\n" : ""}`);
      // Of the text as it is escaped, the same places.
      const ahead = Buffer.byteLength(
        `${start}{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"`,
      );
      const escaped = (place: number) =>
        Buffer.byteLength(JSON.stringify(Buffer.from(text).subarray(0, place).toString())) - 2;
      const at = places.map((place) => ahead + escaped(place));
      upstream.stage({ headers: streamed ? events : json, writes: cutAt(bytes, at) });
    },
    read: async (way) => {
      const { proxy, token } = way;
      const client = new Client({ name: "test", version: "1" });
      const requestInit = { headers: { authorization: `Bearer ${token}` } };
      const url = new URL(`${proxy}/copilot/mcp`);
      const transport = new StreamableHTTPClientTransport(url, { requestInit });
      await client.connect(transport as Parameters<Client["connect"]>[0]);
      const { content } = (await client.callTool({ name: "get_file_contents", arguments: {} })) as {
        content: { type: string; text: string }[];
      };
      await client.close();
      return content[0]?.text ?? "";
    },
  };
}

export const forms: readonly Form[] = [
  {
    name: "text with its length",
    stage: ({ upstream }, { text, cuts: places }) => {
      const body = Buffer.from(text);
      const headers = { ...asText, "content-length": String(body.length) };
      upstream.stage({ headers, writes: cutAt(body, places) });
    },
    read: plain,
  },
  {
    name: "text in chunks",
    stage: ({ upstream }, { text, cuts: places }) =>
      upstream.stage({ headers: asText, writes: cutAt(Buffer.from(text), places) }),
    read: plain,
  },
  chat,
  responses,
  messages,
  mcp("MCP as JSON", false),
  mcp("MCP as events", true),
  packed("gzip", (bytes) => gzipSync(bytes)),
  packed("br", (bytes) => brotliCompressSync(bytes)),
  packed("zstd", (bytes) => zstdCompressSync(bytes)),
];
