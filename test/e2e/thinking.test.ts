import { readFileSync } from "node:fs";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plantedSecret } from "../../src/demo/secret.ts";
import { watchedFetch } from "../support/matrix-way.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { insideOf, places } from "../support/traces.ts";

/**
 * A model that thinks about a token, asked through a real Envoy with Anthropic's own client. The upstream signs what it
 * thinks and refuses it back where it was changed, as the real API does.
 */
const policy = `rules:
  - id: omitting
    when: { operation: model.call, attributes: { model: omit } }
    then: [ { mask: { thinking: omit } }, inject, { record: { level: full } } ]
  - id: dropping
    when: { operation: model.call, attributes: { model: drop } }
    then: [ { mask: { thinking: drop } }, inject, { record: { level: full } } ]
  - id: answers-alone
    when: { operation: model.call, attributes: { model: answers } }
    then: [ { mask: { direction: response } }, inject, { record: { level: full } } ]
  - id: models
    when: { operation: model.call }
    then: [mask, inject, { record: { level: full } }]
`;
const secret = plantedSecret.slice(4);
const said = "The job has GH_TOKEN={secret} in its environment; so I need no other.";
const thought = said.replace("{secret}", plantedSecret);

let stack: Stack;
beforeAll(async () => {
  const people = ["group:auditors"];
  const config = { recording: { viewers: people }, approvals: { approvers: people } };
  stack = await startStack({ policy, config });
}, 60_000);
afterAll(() => stack?.stop());

async function client(claims: Readonly<Record<string, unknown>> = {}): Promise<Anthropic> {
  const ca = [readFileSync(stack.ca, "utf8")];
  return new Anthropic({
    authToken: await stack.issuer.token(claims),
    apiKey: null,
    baseURL: `${stack.proxy}/copilot`,
    maxRetries: 0,
    fetch: watchedFetch({ ca, saw: () => undefined }),
  });
}

type Asked = Anthropic.MessageCreateParamsNonStreaming;
const first: Anthropic.MessageParam = { role: "user", content: "Which variable does it read?" };

function asked(
  messages: readonly Anthropic.MessageParam[],
  demo: object = {},
  model = "claude-demo",
): Asked {
  const metadata = { ...demo } as Anthropic.Metadata;
  return { model, max_tokens: 99, messages: [...messages], metadata };
}

/** The whole conversation so far, and one more question. */
function next(answer: Anthropic.Message, content = "Go on."): readonly Anthropic.MessageParam[] {
  const more: Anthropic.MessageParam = { role: "user", content };
  return [first, { role: "assistant", content: answer.content }, more];
}

function lastSent(): { messages: { content: { thinking: string; signature: string }[] }[] } {
  return JSON.parse(stack.upstream.log.at(-1)?.body.toString("utf8") ?? "{}");
}

test.each([
  ["streamed", true, {}],
  ["streamed in pieces of one character", true, { demo_piece: 1 }],
  ["whole", false, {}],
] as const)(
  "%s: the client reads it masked, and the model gets back what it thought",
  async (_, stream, how) => {
    const anthropic = await client();
    const question = asked([first], { demo_thinking: said, ...how });
    const answer = stream
      ? await anthropic.messages.stream(question).finalMessage()
      : await anthropic.messages.create(question);
    const [block] = answer.content;
    if (block?.type !== "thinking") throw new Error("no thinking came");
    expect(block.thinking).toMatch(/GH_TOKEN=(ghp_)?\[REDACTED:github-token:[0-9a-f]{10}\] in its/);
    expect(JSON.stringify(answer)).not.toContain(secret);
    const again = await anthropic.messages.create(asked(next(answer)));
    expect(again.stop_reason).toBe("end_turn");
    const [sent] = lastSent().messages[1]?.content ?? [];
    expect(sent?.thinking).toBe(thought);
    expect(sent?.signature).not.toContain("sallyport");
  },
);

test("thinking without a secret keeps its signature, byte for byte", async () => {
  const anthropic = await client();
  const question = asked([first], { demo_thinking: "It reads a variable." });
  const answer = await anthropic.messages.stream(question).finalMessage();
  const [block] = answer.content;
  expect(block?.type === "thinking" && block.signature).not.toContain("sallyport");
  await anthropic.messages.create(asked(next(answer)));
});

test("nobody else, and no other session, gets it back; a changed box is no box", async () => {
  const mine = await client();
  const answer = await mine.messages.stream(asked([first], { demo_thinking: said })).finalMessage();
  const other = await client({ run_id: "4242" });
  await expect(other.messages.create(asked(next(answer)))).rejects.toThrow(/Invalid `signature`/);
  expect(JSON.stringify(lastSent())).not.toContain(secret);
  const [block] = answer.content;
  if (block?.type !== "thinking") throw new Error("no thinking came");
  const at = block.signature.length - 9;
  const flipped = block.signature[at] === "A" ? "B" : "A";
  const signature = block.signature.slice(0, at) + flipped + block.signature.slice(at + 1);
  const changed = { ...answer, content: [{ ...block, signature }] };
  await expect(mine.messages.create(asked(next(changed)))).rejects.toThrow(/Invalid `signature`/);
});

const codings = [
  ["gzip", gzipSync],
  ["deflate", deflateSync],
  ["br", brotliCompressSync],
  ["zstd", zstdCompressSync],
] as const;
const models = ["claude-demo", "answers"] as const;

test.each(
  codings.flatMap(([coding, code]) => models.map((model) => [coding, model, code] as const)),
)("a next turn in %s gets it back too (%s)", async (coding, model, code) => {
  const anthropic = await client();
  const demo = { demo_thinking: said };
  const answer = await anthropic.messages.create(asked([first], demo, model));
  const question = Buffer.from(
    JSON.stringify(asked(next(answer, `Go on, ${coding}, ${model}.`), {}, model)),
  );
  const headers = { "content-type": "application/json", "content-encoding": coding };
  const path = "/copilot/v1/messages";
  const again = await stack.ask(path, { method: "POST", headers, body: code(question) });
  expect(again.status, again.text).toBe(200);
  expect(stack.upstream.log.at(-1)?.headers).not.toHaveProperty("content-encoding");
  expect(lastSent().messages[1]?.content[0]?.thinking).toBe(thought);
});

const loop = { demo_thinking: said, demo_kind: "tool", demo_text: '{"command":"ls"}' };
const thinking = { type: "enabled", budget_tokens: 1024 } as const;
/** What the tool gave, and the conversation before. */
function resulting(answer: Anthropic.Message): readonly Anthropic.MessageParam[] {
  const call = answer.content.find((block) => block.type === "tool_use");
  const content = [
    { type: "tool_result" as const, tool_use_id: call?.id ?? "none", content: "made.env" },
  ];
  return [first, { role: "assistant", content: answer.content }, { role: "user", content }];
}
const answered = (anthropic: Anthropic, stream: boolean, question: Asked) =>
  stream ? anthropic.messages.stream(question).finalMessage() : anthropic.messages.create(question);

describe.each([
  ["streamed", true, {}],
  ["streamed in pieces of one character", true, { demo_piece: 1 }],
  ["whole", false, {}],
] as const)("%s", (_, stream, how) => {
  test("omitted: the client has an empty block, which gives the model its thinking back, in a loop of tools too", async () => {
    const anthropic = await client();
    for (const text of [said, "It reads a variable."]) {
      const demo = { ...loop, ...how, demo_thinking: text };
      const answer = await answered(anthropic, stream, asked([first], demo, "omit"));
      const [block, call] = answer.content;
      expect(block).toMatchObject({ type: "thinking", thinking: "" });
      expect(call).toMatchObject({ type: "tool_use", input: { command: "ls" } });
      expect(JSON.stringify(answer)).not.toContain("variable");
      const question = { ...asked(resulting(answer), {}, "omit"), thinking };
      expect((await answered(anthropic, stream, question)).stop_reason).toBe("end_turn");
      const [sent] = lastSent().messages[1]?.content ?? [];
      expect(sent?.thinking).toBe(text.replace("{secret}", plantedSecret));
    }
  });

  test("dropped: the answer has no trace of it, and the next turn goes on without", async () => {
    const anthropic = await client();
    const demo = { ...how, demo_thinking: said };
    const answer = await answered(anthropic, stream, asked([first], demo, "drop"));
    expect(answer.content.map(({ type }) => type)).toEqual(["text"]);
    expect(JSON.stringify(answer)).not.toContain("environment; so I need");
    const audrey = stack.person("audrey", ["auditors"]);
    const records = async () =>
      (await audrey("/api/v1/audit/records?operation=model.call&limit=1")).text;
    await expect.poll(records).toMatch(/"removed":[1-9]/);
    expect((await answered(anthropic, stream, asked(next(answer), {}, "drop"))).stop_reason).toBe(
      "end_turn",
    );
    const called = await answered(anthropic, stream, asked([first], { ...loop, ...how }, "drop"));
    expect(called.content).toMatchObject([{ type: "tool_use", input: { command: "ls" } }]);
    await answered(anthropic, stream, asked(resulting(called), {}, "drop"));
    // The real API wants it back within a loop of tools where the caller asked for thinking: `omit` is for that.
    const question = { ...asked(resulting(called), {}, "drop"), thinking };
    await expect(answered(anthropic, stream, question)).rejects.toThrow(/Expected `thinking`/);
  });
});

test("it is in no log, and in no recording: neither what was sealed, nor what was dropped or omitted", async () => {
  await expect.poll(() => stack.stdout()).toContain("github-token");
  const told = new Map(await insideOf(stack));
  const auditor = stack.person("audrey", ["auditors"]);
  const listed = JSON.parse((await auditor("/api/v1/sessions")).text) as {
    readonly sessions: readonly { readonly session: string }[];
  };
  for (const { session } of listed.sessions)
    for (const format of ["jsonl", "har"]) {
      const path = `/api/v1/sessions/${session}/recording?format=${format}`;
      told.set(path, (await auditor(path)).text);
    }
  const recorded = [...told].filter(([name]) => name.includes("/recording?"));
  const texts = recorded.map(([, text]) => text).join("");
  expect(/GH_TOKEN=(ghp_)?\[REDACTED:github-token:/.test(texts)).toBe(true);
  // What was asked in a content coding is there to be read.
  for (const [coding] of codings)
    for (const model of models)
      expect(texts.includes(`Go on, ${coding}, ${model}.\\"}`), `${coding}, ${model}`).toBe(true);
  expect(places(secret, told)).toEqual([]);
});
