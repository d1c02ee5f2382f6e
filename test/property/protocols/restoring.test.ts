import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../../src/base/secret.ts";
import { exactMasker } from "../../../src/detection/exact.ts";
import { SessionReversal } from "../../../src/detection/reversible/session.ts";
import { restoring } from "../../../src/gateway/restoring.ts";
import { Fields } from "../../../src/http/fields.ts";
import type { RequestHead, ResponseHead } from "../../../src/http/message.ts";
import { chat } from "../../../src/protocols/chat/index.ts";
import { mcp } from "../../../src/protocols/mcp/index.ts";
import type { Protocol } from "../../../src/protocols/protocol.ts";
import { every, fingerprint, send } from "../http/lens-fixture.ts";

/** Whatever form a model's answer comes in, and wherever it is cut, the true values stand where placeholders stood. */
const one = `masked-${"0123456789".repeat(2)}`;
const two = `masked-${"fedcba9876".repeat(2)}`;
const foreign = `masked-${"ab".repeat(10)}`;
const values = {
  [one]: ["s3cr", '"et"\\n', "\n\u0001-9x7Qk2"].join(""),
  [two]: ["p", "äß", "wörd-7"].join(""),
};
const own = "the-gateways-own-credential-2f8e";
const denied = exactMasker([new Secret(own)], { fingerprint, rule: "credential" });

function reversal(): SessionReversal {
  const kept = new Map(Object.entries(values).map(([name, value]) => [name, Buffer.from(value)]));
  return new SessionReversal({
    fingerprint,
    kept,
    save: async () => true,
    most: { values: 9, bytes: 4096 },
  });
}

const said = `Use ${one}, then "${two}" and ${one}${two}; never ${foreign} or masked-0123.`;
const restored = said
  .replaceAll(one, () => values[one] ?? "")
  .replaceAll(two, () => values[two] ?? "");
const args = (text: string) => JSON.stringify({ command: text, [`n ${text}`]: 1 });

interface Form {
  readonly name: string;
  readonly type: "application/json" | "text/event-stream" | "text/plain";
  readonly protocol: Protocol;
  /** A body that says this text, in pieces of so many characters. */
  body(text: string, size: number): string;
  /** Every text that the client makes of it. */
  read(body: string): readonly unknown[];
}

const pieces = (text: string, size: number): string[] =>
  text.match(new RegExp(`[^]{1,${size}}`, "gu")) ?? [];
const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;
// biome-ignore lint/suspicious/noExplicitAny: events of many shapes, as JSON.parse gives them
const eventsOf = (body: string): readonly any[] =>
  body
    .split("\n\n")
    .flatMap((part) => (part.startsWith("data: {") ? [JSON.parse(part.slice(6))] : []));
const json = (value: unknown) => JSON.stringify(value, null, 1);

const forms: readonly Form[] = [
  {
    name: "plain text",
    type: "text/plain",
    protocol: chat,
    body: (text) => text,
    read: (body) => [body],
  },
  {
    name: "a chat completion",
    type: "application/json",
    protocol: chat,
    body: (text) =>
      json({
        choices: [
          {
            message: { content: text, tool_calls: [{ function: { arguments: args(text) } }] },
          },
        ],
      }),
    read: (body) => {
      const { message } = JSON.parse(body).choices[0];
      return [message.content, ...readArgs(message.tool_calls[0].function.arguments)];
    },
  },
  {
    name: "chat completions, streamed",
    type: "text/event-stream",
    protocol: chat,
    body: (text, size) => {
      const chunk = (delta: object) => event({ choices: [{ index: 0, delta }] });
      const call = (piece: string) => ({
        tool_calls: [{ index: 0, function: { arguments: piece } }],
      });
      return [
        ...pieces(text, size).map((content) => chunk({ content })),
        ...pieces(args(text), size).map((piece) => chunk(call(piece))),
        event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
        "data: [DONE]\n\n",
      ].join("");
    },
    read: (body) => {
      const deltas = eventsOf(body).map(({ choices }) => choices[0].delta);
      const calls = deltas.map(({ tool_calls: [made] = [] }) => made?.function.arguments ?? "");
      return [deltas.map(({ content = "" }) => content).join(""), ...readArgs(calls.join(""))];
    },
  },
  {
    name: "the Responses API, streamed",
    type: "text/event-stream",
    protocol: chat,
    body: (text, size) => {
      const at = { output_index: 0, content_index: 0 };
      const item = { type: "message", content: [{ type: "output_text", text }] };
      const call = { type: "function_call", arguments: args(text) };
      let number = 0;
      const say = (type: string, more: object) =>
        event({ type: `response.${type}`, sequence_number: number++, ...more });
      return [
        ...pieces(text, size).map((delta) => say("output_text.delta", { ...at, delta })),
        say("output_text.done", { ...at, text }),
        say("output_item.done", { output_index: 0, item }),
        ...pieces(args(text), size).map((delta) =>
          say("function_call_arguments.delta", { output_index: 1, delta }),
        ),
        say("function_call_arguments.done", { output_index: 1, arguments: args(text) }),
        say("completed", { response: { output: [item, call] } }),
      ].join("");
    },
    read: (body) => {
      const events = eventsOf(body);
      const all = (type: string) => events.filter((one) => one.type === `response.${type}`);
      const joined = (type: string) =>
        all(type)
          .map(({ delta }) => delta)
          .join("");
      const [message, call] = all("completed")[0].response.output;
      expect(events.map((one) => one.sequence_number)).toEqual([...events.keys()]);
      return [
        joined("output_text.delta"),
        all("output_text.done")[0].text,
        all("output_item.done")[0].item.content[0].text,
        message.content[0].text,
        ...readArgs(joined("function_call_arguments.delta")),
        ...readArgs(all("function_call_arguments.done")[0].arguments),
        ...readArgs(call.arguments),
      ];
    },
  },
  {
    name: "Anthropic Messages, streamed",
    type: "text/event-stream",
    protocol: chat,
    body: (text, size) => {
      const block = (index: number, kind: string, name: string, whole: string) =>
        pieces(whole, size).map((piece) =>
          event({ type: "content_block_delta", index, delta: { type: kind, [name]: piece } }),
        );
      return [
        ...block(0, "text_delta", "text", text),
        event({ type: "content_block_stop", index: 0 }),
        ...block(1, "input_json_delta", "partial_json", args(text)),
        event({ type: "content_block_stop", index: 1 }),
        event({ type: "message_stop" }),
      ].join("");
    },
    read: (body) => {
      const deltas = eventsOf(body).flatMap(({ delta }) => (delta === undefined ? [] : [delta]));
      return [
        deltas.map(({ text = "" }) => text).join(""),
        ...readArgs(deltas.map(({ partial_json = "" }) => partial_json).join("")),
      ];
    },
  },
  {
    name: "an MCP result",
    type: "application/json",
    protocol: mcp(),
    body: (text) => json(mcpResult(text)),
    read: (body) => readMcp(JSON.parse(body)),
  },
  {
    name: "an MCP result as an event",
    type: "text/event-stream",
    protocol: mcp(),
    body: (text) => event(mcpResult(text)),
    read: (body) => readMcp(eventsOf(body)[0]),
  },
];

function mcpResult(text: string): object {
  const blob = Buffer.from(text).toString("base64");
  const content = [
    { type: "text", text },
    { type: "resource", resource: { blob } },
  ];
  return { jsonrpc: "2.0", id: 1, result: { content, structuredContent: { text } } };
}

function readArgs(text: string): readonly unknown[] {
  const [name, value] = [Object.keys(JSON.parse(text))[1] ?? "", JSON.parse(text).command];
  return [value, name.slice(2)];
}

// biome-ignore lint/suspicious/noExplicitAny: as JSON.parse gives it
function readMcp({ result }: any): readonly unknown[] {
  const [first, second] = result.content;
  const blob = Buffer.from(second.resource.blob, "base64").toString();
  return [first.text, blob, result.structuredContent.text];
}

const request: RequestHead = {
  method: "POST",
  scheme: "https",
  authority: "gateway",
  path: "/",
  fields: new Fields([]),
};

function through({ protocol, type }: Form, body: string, cuts: readonly number[] = []): string {
  const head: ResponseHead = { status: 200, fields: new Fields([["content-type", type]]) };
  const report = () => undefined;
  const transform = restoring(head, { head: request, protocol }, reversal(), denied, report);
  if (transform === undefined) throw new Error("nothing would be put back");
  return send(transform, Buffer.from(body), cuts).toString();
}

describe.each(forms)("$name", (form) => {
  it("says the true values, in every repeat, however it is cut", () => {
    for (const size of [1, 2, 7, 26, 1000]) {
      const body = form.body(said, size);
      const whole = through(form, body);
      const texts = form.read(whole);
      expect(texts.length).toBeGreaterThan(0);
      for (const text of texts) expect(text).toBe(restored);
      expect(through(form, body, every(1, Buffer.from(body)))).toBe(whole);
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 20 }), (cuts) => {
          expect(through(form, body, cuts)).toBe(whole);
        }),
        { numRuns: 20 },
      );
    }
  });

  it("is left as it is, byte for byte, where it names nothing of this session's", () => {
    const other = `Nothing: ${foreign}, masked-, ${one.slice(0, -1)}x, ${one.toUpperCase()} äß "\\n`;
    for (const size of [3, 1000]) {
      const body = form.body(other, size);
      const restored = through(form, body);
      // A piece that may begin a placeholder comes with the next one; what is said is the same.
      if (size === 1000) expect(restored).toBe(body);
      expect(form.read(restored)).toEqual(form.read(body));
    }
  });
});

it("what a model thinks, and signs, stays as it wrote it", () => {
  const form = forms.find(({ name }) => name === "a chat completion");
  if (form === undefined) throw new Error("no such form");
  const thinking = { type: "thinking", thinking: said, signature: "x" };
  const body = JSON.stringify({ content: [thinking, { type: "text", text: one }] });
  expect(JSON.parse(through(form, body)).content).toEqual([
    thinking,
    { type: "text", text: values[one] },
  ]);
  const stream = { ...form, type: "text/event-stream" as const };
  const delta = { type: "thinking_delta", thinking: one };
  const thought = event({ type: "content_block_delta", index: 0, delta });
  expect(through(stream, thought)).toBe(thought);
});

it("the gateway's own credential is not put back, even if it was a session's secret once", () => {
  const kept = new Map([[one, Buffer.from(own.slice(4))]]);
  const held = new SessionReversal({
    fingerprint,
    kept,
    save: async () => true,
    most: { values: 9, bytes: 4096 },
  });
  const head: ResponseHead = { status: 200, fields: new Fields([["content-type", "text/plain"]]) };
  const found: string[] = [];
  const transform = restoring(head, { head: request, protocol: chat }, held, denied, (finding) =>
    found.push(finding.rule),
  );
  const body = Buffer.from(`It is ${own.slice(0, 4)}${one}.`);
  for (const cuts of [[], every(1, body)])
    expect(transform && send(transform, body, cuts).toString()).toMatch(
      /^It is \[REDACTED:credential:[0-9a-f]{10}\]\.$/,
    );
  expect(found).toEqual(["credential", "credential"]);
});
