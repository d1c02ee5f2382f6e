import { describe, expect, it } from "vitest";
import { githubLens, mcpLens, sseChatLens, sseMcpLens } from "../../../src/protocols/chat/lens.ts";
import { every, run, runSlowly, secrets } from "./lens-fixture.ts";

// biome-ignore lint/suspicious/noExplicitAny: events of many shapes, as JSON.parse gives them
type Parsed = any;

const [token = ""] = secrets;
const text = `The token is ${token}. Use "it"\nwell: ${token}`;
const masked = run((open) => open("0"), Buffer.from(text)).out.toString();
const command = JSON.stringify({ command: `curl -H "x: ${token}"\n`, n: 1 });
const maskedCommand = command.replace(token, masked.slice(13, masked.indexOf(".")));

function event(data: Record<string, unknown>): string {
  return `event: ${data["type"]}\ndata: ${JSON.stringify(data)}\n\n`;
}

function eventsOf(stream: Buffer): Record<string, never>[] {
  return stream
    .toString()
    .split("\n\n")
    .flatMap((part) => part.split("\n").filter((line) => line.startsWith("data: ")))
    .map((line) => JSON.parse(line.slice(6)));
}

function pieces(whole: string, size: number): string[] {
  return whole.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
}

function responses(size: number): string {
  let sequence = 0;
  const say = (type: string, more: object) => event({ type, sequence_number: sequence++, ...more });
  const message = {
    id: "msg_1",
    type: "message",
    role: "assistant",
    content: [{ type: "output_text", text }],
  };
  const call = {
    id: "fc_1",
    type: "function_call",
    call_id: "call_1",
    name: "bash",
    arguments: command,
  };
  return [
    say("response.created", { response: { id: "resp_1", output: [] } }),
    ...pieces(text, size).map((delta) =>
      say("response.output_text.delta", {
        item_id: "msg_1",
        output_index: 0,
        content_index: 0,
        delta,
        logprobs: [{ token: delta }],
        obfuscation: "x",
      }),
    ),
    say("response.output_text.done", { item_id: "msg_1", output_index: 0, content_index: 0, text }),
    say("response.output_item.done", { output_index: 0, item: message }),
    ...pieces(command, size).map((delta) =>
      say("response.function_call_arguments.delta", { item_id: "fc_1", output_index: 1, delta }),
    ),
    say("response.function_call_arguments.done", {
      item_id: "fc_1",
      output_index: 1,
      arguments: command,
    }),
    say("response.output_item.done", { output_index: 1, item: call }),
    say("response.completed", {
      response: {
        id: "resp_1",
        output: [message, call, { type: "reasoning", encrypted_content: token }],
      },
    }),
  ].join("");
}

describe("the Responses API, streamed", () => {
  it.each([1, 2, 3, 7, 1000])("agrees with its full repeats in pieces of %i", (size) => {
    const body = Buffer.from(responses(size));
    const { out } = run(sseChatLens, body, every(13, body));
    expect(out.equals(run(sseChatLens, body).out)).toBe(true);
    expect(out.equals(runSlowly(sseChatLens, body).out)).toBe(true);
    const events = eventsOf(out) as unknown as readonly Record<string, Parsed>[];
    const deltas = (type: string) =>
      events
        .filter((e) => e["type"] === type)
        .map((e) => e["delta"])
        .join("");
    expect(deltas("response.output_text.delta")).toBe(masked);
    expect(deltas("response.function_call_arguments.delta")).toBe(maskedCommand);
    const done = (type: string) => events.find((e) => e["type"] === type);
    expect(done("response.output_text.done")?.["text"]).toBe(masked);
    expect(done("response.function_call_arguments.done")?.["arguments"]).toBe(maskedCommand);
    const [message, call, reasoning] = done("response.completed")?.["response"].output ?? [];
    expect(message.content[0].text).toBe(masked);
    expect(call.arguments).toBe(maskedCommand);
    expect(reasoning.encrypted_content).toBe(token);
    expect(events.map((e) => e["sequence_number"])).toEqual(events.map((_, index) => index));
    expect(out.toString().replace(`"encrypted_content":"${token}"`, "")).not.toContain(token);
    expect(events.every((e) => e["logprobs"] === undefined || e["logprobs"].length === 0)).toBe(
      true,
    );
  });
});

describe("Anthropic Messages, streamed", () => {
  it.each([1, 4, 1000])(
    "masks text, thinking and input in pieces of %i, and no signature",
    (size) => {
      const block = (index: number, kind: string, name: string, whole: string) =>
        [
          event({
            type: "content_block_start",
            index,
            content_block: { type: kind, [name]: kind === "tool_use" ? {} : "" },
          }),
          ...pieces(whole, size).map((piece) =>
            event({
              type: "content_block_delta",
              index,
              delta: { type: `${name}_delta`, [name]: piece },
            }),
          ),
          ...(kind === "thinking"
            ? [
                event({
                  type: "content_block_delta",
                  index,
                  delta: { type: "signature_delta", signature: token },
                }),
              ]
            : []),
          event({ type: "content_block_stop", index }),
        ].join("");
      const body = Buffer.from(
        [
          event({ type: "message_start", message: { id: "m", content: [] } }),
          block(0, "thinking", "thinking", text),
          block(1, "text", "text", text),
          block(2, "tool_use", "partial_json", command),
          event({ type: "message_stop" }),
        ].join(""),
      );
      const { out } = run(sseChatLens, body, every(1, body));
      const events = eventsOf(out) as unknown as readonly Record<string, Parsed>[];
      const join = (index: number, name: string) =>
        events
          .filter((e) => e["type"] === "content_block_delta" && e["index"] === index)
          .map((e) => e["delta"][name] ?? "")
          .join("");
      expect(join(0, "thinking")).toBe(masked);
      expect(join(0, "signature")).toBe(token);
      expect(join(1, "text")).toBe(masked);
      expect(join(2, "partial_json")).toBe(maskedCommand);
      const stops = events.flatMap((e, at) =>
        e["type"] === "content_block_stop" ? [[e["index"], at]] : [],
      );
      for (const [index = 0, at = 0] of stops)
        expect(
          events.slice(at).some((e) => e["type"] === "content_block_delta" && e["index"] === index),
        ).toBe(false);
    },
  );
});

describe("a stream of an unknown kind", () => {
  it("is masked across its events all the same", () => {
    const body = Buffer.from(
      pieces(text, 3)
        .map((piece) => `data: ${JSON.stringify({ kind: "piece", delta: piece })}\n\n`)
        .join(""),
    );
    const { out } = run(sseChatLens, body);
    const joined = (eventsOf(out) as unknown as readonly { delta: string }[])
      .map((e) => e.delta)
      .join("");
    expect(joined).toBe(masked);
  });

  it("is masked across its events where they are plain text", () => {
    const body = Buffer.from(
      pieces(`so: ${token} it is`, 5)
        .map((piece) => `data: ${piece}\r\n\r\n`)
        .join(""),
    );
    const { out } = run(sseChatLens, body, every(1, body));
    expect(out.toString()).toContain("[REDACTED:github-token:");
    expect(out.toString().replace(/\r\ndata: |\r\n/g, "")).not.toContain(token);
  });

  it("keeps comments, ids and line ends", () => {
    const body = Buffer.from(
      ': hello\r\n\r\nid: 7\r\nretry: 10\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata\n\n: end',
    );
    expect(run(sseChatLens, body, every(1, body)).out.toString()).toBe(body.toString());
  });
});

describe("files in base64", () => {
  it("are masked inside GitHub's and MCP's answers", () => {
    const file = Buffer.from(`# config\n${text}\nend\n`);
    const content = file.toString("base64").replace(/.{60}/g, "$&\n");
    const github = run(
      githubLens,
      Buffer.from(JSON.stringify({ name: "a", content, encoding: "base64" })),
    );
    const after = Buffer.from(JSON.parse(github.out.toString()).content, "base64").toString();
    expect(after).toBe(`# config\n${masked}\nend\n`);
    const result = {
      jsonrpc: "2.0",
      id: 1,
      result: {
        content: [
          { type: "resource", resource: { uri: "x", blob: file.toString("base64") } },
          { type: "text", text },
        ],
      },
    };
    for (const [lens, body] of [
      [mcpLens, JSON.stringify(result)],
      [sseMcpLens, `event: message\ndata: ${JSON.stringify(result)}\n\n`],
    ] as const) {
      const { out } = run(lens, Buffer.from(body));
      const parsed = JSON.parse(out.toString().replace(/^event: message\ndata: /, ""));
      expect(Buffer.from(parsed.result.content[0].resource.blob, "base64").toString()).toBe(after);
      expect(parsed.result.content[1].text).toBe(masked);
    }
  });
});
