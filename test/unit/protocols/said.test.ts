import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fields } from "../../../src/http/fields.ts";
import { chat } from "../../../src/protocols/chat/index.ts";
import { mcp } from "../../../src/protocols/mcp/index.ts";
import { answer, events, feed, json, question, short, stream } from "../../support/said.ts";

const chatStream = stream(
  {
    id: "c1",
    model: "gpt-5",
    choices: [{ index: 0, delta: { role: "assistant", content: "See:\n" } }],
  },
  { id: "c1", model: "gpt-5", choices: [{ index: 0, delta: { content: "```ts a.ts\nlet a = " } }] },
  { id: "c1", model: "gpt-5", choices: [] },
  { id: "c1", model: "gpt-5", choices: [{ index: 0, delta: { content: "1;\n```\nDone." } }] },
  {
    choices: [
      {
        index: 0,
        delta: { tool_calls: [{ index: 0, id: "t1", function: { name: "edit", arguments: "" } }] },
      },
    ],
  },
  {
    choices: [
      { index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '{"p":' } }] } },
    ],
  },
  {
    choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '"ü"}' } }] } }],
  },
  "[DONE]",
);

describe("what an answer says", () => {
  test("chat completions, streamed: text, fenced code, a tool call", () => {
    expect(answer(chatStream)).toEqual([
      "assistant 0 gpt-5 text: See:",
      "assistant 0 gpt-5 code[ts a.ts]: let a = 1;",
      "assistant 0 gpt-5 text: Done.",
      'assistant 0 gpt-5 calls t1 edit({"p":"ü"})',
    ]);
  });

  test("the same however the stream is cut", () => {
    const bytes = Buffer.from(chatStream);
    const whole = answer(chatStream);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        const reader = chat.listen?.().response({ status: 200, fields: events });
        expect(feed(reader!, bytes, cuts).map(short)).toEqual(whole);
      }),
    );
  });

  test("chat completions, whole", () => {
    const message = {
      role: "assistant",
      content: "Hi",
      reasoning_text: "hm",
      tool_calls: [
        { id: "t", type: "custom", custom: { name: "apply_patch", input: "*** Begin" } },
      ],
    };
    expect(answer(JSON.stringify({ model: "m", choices: [{ index: 0, message }] }), json)).toEqual([
      "assistant 0 m reasoning: hm",
      "assistant 0 m text: Hi",
      "assistant 0 m calls t apply_patch(*** Begin)",
    ]);
  });

  test("completions in an editor are code, one for each choice", () => {
    const chunk = (index: number, text: string) => ({ model: "m", choices: [{ index, text }] });
    expect(answer(stream(chunk(0, "a("), chunk(1, "z"), chunk(0, "b)"), "[DONE]"))).toEqual([
      "assistant 0 m code[]: a(b)",
      "assistant 0 m code[]: z",
    ]);
    expect(answer(JSON.stringify(chunk(0, "a(b)")), json)).toEqual(["assistant 0 m code[]: a(b)"]);
  });

  test("Responses: each item once, though it is told three times", () => {
    const item = { type: "function_call", call_id: "f1", name: "edit", arguments: '{"x":1}' };
    const text = { type: "message", content: [{ type: "output_text", text: "Hello" }] };
    expect(
      answer(
        stream(
          { type: "response.created", response: { id: "r", model: "o", output: [] } },
          { type: "response.output_item.added", output_index: 0, item: { ...item, arguments: "" } },
          { type: "response.function_call_arguments.delta", output_index: 0, delta: '{"x":1}' },
          { type: "response.output_item.done", output_index: 0, item },
          { type: "response.completed", response: { id: "r", model: "o", output: [item, text] } },
        ),
      ),
    ).toEqual(['assistant 0 o calls f1 edit({"x":1})', "assistant 0 o text: Hello"]);
  });

  test("Responses that break off: as far as they came", () => {
    const added = (output_index: number, item: object) => ({
      type: "response.output_item.added",
      output_index,
      item,
    });
    const delta = (kind: string, output_index: number, text: string) => ({
      type: `response.${kind}.delta`,
      output_index,
      delta: text,
    });
    expect(
      answer(
        stream(
          added(0, { type: "message", content: [] }),
          added(1, { type: "custom_tool_call", call_id: "c", name: "apply_patch", input: "" }),
          delta("output_text", 0, "Hel"),
          delta("custom_tool_call_input", 1, "*** Be"),
        ),
      ),
    ).toEqual(["assistant 0 text: Hel", "assistant 0 calls c apply_patch(*** Be)"]);
  });

  test("Anthropic Messages, streamed", () => {
    const block = (index: number, content_block: object, ...deltas: readonly object[]) => [
      { type: "content_block_start", index, content_block },
      ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
      { type: "content_block_stop", index },
    ];
    expect(
      answer(
        stream(
          { type: "message_start", message: { id: "m1", model: "claude", content: [] } },
          ...block(
            0,
            { type: "thinking", thinking: "" },
            { type: "thinking_delta", thinking: "Hm" },
          ),
          ...block(1, { type: "text", text: "" }, { type: "text_delta", text: "Yes" }),
          ...block(
            2,
            { type: "tool_use", id: "u", name: "edit", input: {} },
            { type: "input_json_delta", partial_json: '{"a"' },
            { type: "input_json_delta", partial_json: ":2}" },
          ),
          { type: "message_stop" },
        ),
      ),
    ).toEqual([
      "assistant 0 claude reasoning: Hm",
      "assistant 0 claude text: Yes",
      'assistant 0 claude calls u edit({"a":2})',
    ]);
  });

  test("Anthropic Messages, whole", () => {
    const content = [
      { type: "text", text: "Yes" },
      { type: "tool_use", id: "u", name: "edit", input: { a: 2 } },
    ];
    const body = JSON.stringify({ type: "message", role: "assistant", model: "claude", content });
    expect(answer(body, json)).toEqual([
      "assistant 0 claude text: Yes",
      'assistant 0 claude calls u edit({"a":2})',
    ]);
  });
});

describe("what a question says", () => {
  test("chat completions: turns are counted by what a person said", () => {
    expect(
      question({
        model: "m",
        messages: [
          { role: "system", content: "Be kind." },
          { role: "user", content: [{ type: "text", text: "Fix it" }] },
          {
            role: "assistant",
            tool_calls: [{ id: "t", function: { name: "f", arguments: "{}" } }],
          },
          { role: "tool", tool_call_id: "t", content: "ok" },
          { role: "user", content: "And now?" },
        ],
      }),
    ).toEqual([
      "system 0 m text: Be kind.",
      "user 1 m text: Fix it",
      "assistant 1 m calls t f({})",
      "tool 1 m answers t: ok",
      "user 2 m text: And now?",
    ]);
  });

  test("Responses: instructions, messages, calls and their outputs", () => {
    expect(
      question({
        model: "o",
        instructions: "Be kind.",
        input: [
          { role: "user", content: [{ type: "input_text", text: "Fix it" }] },
          { type: "custom_tool_call", call_id: "c", name: "apply_patch", input: "*** P" },
          { type: "custom_tool_call_output", call_id: "c", output: "done" },
        ],
      }),
    ).toEqual([
      "system 0 o text: Be kind.",
      "user 1 o text: Fix it",
      "assistant 1 o calls c apply_patch(*** P)",
      "tool 1 o answers c: done",
    ]);
  });

  test("Anthropic Messages: a tool's result comes as the user's, and is no turn", () => {
    expect(
      question({
        model: "claude",
        system: [{ type: "text", text: "Be kind." }],
        messages: [
          { role: "user", content: "Fix it" },
          {
            role: "user",
            content: [
              {
                type: "tool_result",
                tool_use_id: "u",
                is_error: true,
                content: [{ type: "text", text: "no" }],
              },
            ],
          },
        ],
      }),
    ).toEqual([
      "system 0 claude text: Be kind.",
      "user 1 claude text: Fix it",
      "tool 1 claude answers u failed: no",
    ]);
  });

  test("the answer goes on with the question's turn and model", () => {
    const conversation = chat.listen?.();
    const body = { model: "m", prompt: "function add(" };
    feed(conversation!.request(json), Buffer.from(JSON.stringify(body)));
    expect(
      feed(
        conversation!.response({ status: 200, fields: json }),
        Buffer.from('{"choices":[{"text":"a"}]}'),
      ),
    ).toMatchObject([{ direction: "response", model: "m", part: { kind: "code", text: "a" } }]);
  });

  test("a packed question is unpacked; one that does not unpack is said to be cut short", () => {
    const gzip = new Fields([["content-encoding", "gzip"]]);
    const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "Hi" }] });
    const packed = chat.listen?.().request(gzip);
    expect(feed(packed!, gzipSync(body)).map(short)).toEqual(["user 1 m text: Hi"]);
    const damaged = chat.listen?.().request(gzip);
    expect(feed(damaged!, Buffer.from(body))).toEqual([]);
    expect(damaged?.truncated).toBe(true);
  });
});

describe("MCP", () => {
  test("a call and its answer", () => {
    const params = { name: "push_files", arguments: { branch: "main" } };
    expect(question({ jsonrpc: "2.0", id: 7, method: "tools/call", params }, json, mcp())).toEqual([
      'assistant 0 calls 7 push_files({"branch":"main"})',
    ]);
    const result = { content: [{ type: "text", text: "pushed" }] };
    expect(answer(stream({ jsonrpc: "2.0", id: 7, result }), events, mcp())).toEqual([
      "tool 0 answers 7: pushed",
    ]);
    const error = { code: -1, message: "no" };
    expect(answer(JSON.stringify({ jsonrpc: "2.0", id: 7, error }), json, mcp())).toEqual([
      "tool 0 answers 7 failed: no",
    ]);
  });
});

test("never throws, whatever comes", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.boolean(), (value, streamed) => {
      const body = streamed
        ? stream({ type: "response.x", choices: value, output: value })
        : JSON.stringify(value);
      answer(body, streamed ? events : json);
      question({ messages: value, input: value } as object);
    }),
  );
});
