import { describe, expect, it } from "vitest";
import { answer } from "../../../../src/demo/answer.ts";
import { chatBody, chatEvents } from "../../../../src/demo/copilot-chat.ts";
import { messagesBody, messagesEvents } from "../../../../src/demo/copilot-messages.ts";
import { responsesBody, responsesEvents } from "../../../../src/demo/copilot-responses.ts";
import { Fields } from "../../../../src/http/fields.ts";
import { chat } from "../../../../src/protocols/chat/index.ts";
import { meterModel } from "../../../../src/protocols/chat/meter.ts";
import { json, short } from "../../../support/said.ts";

const said = answer({ messages: [{ role: "user", content: 'say "usage":{"input_tokens":9}' }] });

function metered(type: string, body: string, size = 1 << 20) {
  const meter = meterModel({ status: 200, fields: new Fields([["content-type", type]]) });
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += size) meter.write(bytes.subarray(at, at + size));
  return meter.read();
}

describe.each([1, 5, 64, 1 << 20])(
  "an answer tells its model and its tokens, in pieces of %i",
  (size) => {
    it.each([
      ["chat", chatEvents(said, "m"), chatBody(said, "m"), "stop"],
      ["messages", messagesEvents(said, "m"), messagesBody(said, "m"), "end_turn"],
      ["responses", responsesEvents(said, "m"), responsesBody(said, "m"), "completed"],
    ])("%s, streamed and whole", (_api, events, whole, reason) => {
      const streamed = metered("text/event-stream", events.join(""), size);
      expect(streamed).toMatchObject({ name: "m", inputTokens: 12, outputTokens: 34 });
      expect(streamed?.finishReasons).toEqual([reason]);
      expect(streamed?.responseId).toMatch(/demo/);
      const windows = events.join("").replaceAll("\n", "\r\n");
      expect(metered("text/event-stream", windows, size)).toEqual(streamed);
      expect(metered("application/json", JSON.stringify(whole), size)).toMatchObject({ name: "m" });
    });
  },
);

describe("what an answer says of itself", () => {
  const whole = (value: object) => metered("application/json", JSON.stringify(value));
  it("counts what Anthropic's cache gave and took as input", () => {
    const usage = {
      input_tokens: 5,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 7,
      output_tokens: 3,
    };
    expect(whole({ model: "m", id: "i", usage })).toEqual({
      name: "m",
      responseId: "i",
      inputTokens: 112,
      outputTokens: 3,
      cacheReadTokens: 100,
      cacheWriteTokens: 7,
    });
  });
  it("knows the details of OpenAI's two APIs", () => {
    expect(
      whole({
        usage: {
          prompt_tokens: 9,
          completion_tokens: 4,
          prompt_tokens_details: { cached_tokens: 8 },
          completion_tokens_details: { reasoning_tokens: 2 },
        },
      }),
    ).toEqual({ inputTokens: 9, outputTokens: 4, cacheReadTokens: 8, reasoningTokens: 2 });
  });
  it("is not what the model wrote into a tool's arguments", () => {
    const input = { usage: { input_tokens: 1_000_000 }, model: "another" };
    const content = [{ type: "tool_use", name: "x", input }];
    expect(whole({ model: "m", content, usage: { input_tokens: 1 } })).toEqual({
      name: "m",
      inputTokens: 1,
    });
    const event = JSON.stringify({ type: "content_block_start", content_block: content[0] });
    expect(metered("text/event-stream", `data: ${event}\n\n`)).toBeUndefined();
  });
  it.each([
    ["no number", { usage: { input_tokens: "12", output_tokens: -1 } }],
    ["no object", { usage: 3 }],
    ["nothing", {}],
  ])("is nothing where it says %s", (_, value) => {
    expect(whole(value)).toBeUndefined();
  });
  it("is not looked for in an answer that is too long, or is no JSON", () => {
    expect(
      metered("application/json", `{"model":"m","x":"${"y".repeat(5 << 20)}"}`),
    ).toBeUndefined();
    expect(metered("application/json", "<html>")).toBeUndefined();
    const long = `data: {"x":"${"y".repeat(5 << 20)}","usage":{"input_tokens":1}}\n\n`;
    const after = 'data: {"model":"m","usage":{"input_tokens":2}}\n\n';
    expect(metered("text/event-stream", long + after, 1 << 16)).toEqual({
      name: "m",
      inputTokens: 2,
    });
  });
});

it("an answer of several pieces that was metered already is heard as it is", () => {
  const content = "Do:\n```ts\nlet a;\n```\n";
  const said = { model: "m", choices: [{ message: { content }, finish_reason: "stop" }] };
  const body = Buffer.from(JSON.stringify(said));
  const head = { status: 200, fields: json };
  const hear = (pieces: readonly Uint8Array[], others: readonly Uint8Array[]) => {
    const meter = chat.meter?.(head);
    for (const piece of pieces) meter?.write(piece);
    expect(meter?.read()).toEqual({ name: "m", finishReasons: ["stop"] });
    const reader = chat.listen?.("code").response(head);
    for (const piece of others) reader?.write(piece);
    return reader?.end().map(short);
  };
  const pieces = [body.subarray(0, 9), body.subarray(9, 40), body.subarray(40)];
  const heard = ["assistant 0 m code[ts]: let a;"];
  expect(hear(pieces, pieces)).toEqual(heard);
  // Another answer that begins with the same piece is not taken for it.
  const other = [pieces[0] ?? body, Buffer.from(body.subarray(9).toString().replace("a;", "bb;"))];
  expect(hear(pieces, other)).toEqual(["assistant 0 m code[ts]: let bb;"]);
});
