import { readFileSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plantedSecret } from "../../src/demo/secret.ts";
import { watchedFetch } from "../support/matrix-way.ts";
import { type Stack, startStack } from "../support/stack.ts";

/**
 * A model that thinks about a token, asked through a real Envoy with Anthropic's own client. The upstream signs what it
 * thinks and refuses it back where it was changed, as the real API does.
 */
const policy = `rules:
  - id: models
    when: { operation: model.call }
    then: [mask, inject, { record: { level: full } }]
`;
const secret = plantedSecret.slice(4);
const said = "The job has GH_TOKEN={secret} in its environment; so I need no other.";
const thought = said.replace("{secret}", plantedSecret);

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ policy });
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

function asked(messages: readonly Anthropic.MessageParam[], demo: object = {}): Asked {
  const metadata = { ...demo } as Anthropic.Metadata;
  return { model: "claude-demo", max_tokens: 99, messages: [...messages], metadata };
}

/** The whole conversation so far, and one more question. */
function next(answer: Anthropic.Message): readonly Anthropic.MessageParam[] {
  const more: Anthropic.MessageParam = { role: "user", content: "Go on." };
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

test("it is in no log", async () => {
  await expect.poll(() => stack.stdout()).toContain("github-token");
  expect(stack.stdout() + stack.stderr()).not.toContain(secret);
});
