import { describe, expect, it } from "vitest";
import { answer } from "../../../../src/demo/answer.ts";
import { chatBody, chatEvents } from "../../../../src/demo/copilot-chat.ts";
import { messagesBody, messagesEvents } from "../../../../src/demo/copilot-messages.ts";
import { responsesBody, responsesEvents } from "../../../../src/demo/copilot-responses.ts";
import { Fields } from "../../../../src/http/fields.ts";
import { meterModel } from "../../../../src/protocols/chat/meter.ts";

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
