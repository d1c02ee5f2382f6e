import { readFileSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { watchedFetch } from "./matrix-way.ts";

/** What speaks to a model by way of a gateway. */
export interface Models {
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
}

interface Gateway {
  readonly ca: string;
  readonly proxy: string;
  readonly issuer: { token(claims?: Readonly<Record<string, unknown>>): Promise<string> };
}

/** The official clients with a token of that run's. */
export async function modelsOf(
  { ca, proxy, issuer }: Gateway,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<Models> {
  const token = await issuer.token(claims);
  const fetch = watchedFetch({ ca: [readFileSync(ca, "utf8")], saw: () => undefined });
  const common = { baseURL: `${proxy}/copilot`, maxRetries: 0, fetch };
  return {
    openai: new OpenAI({ apiKey: token, ...common }),
    anthropic: new Anthropic({ authToken: token, apiKey: null, ...common }),
  };
}

export interface Asked {
  readonly prompt: string;
  readonly stream: boolean;
  /** How the demo model is to answer. */
  readonly demo?: Readonly<Record<string, unknown>>;
}

/** One way of asking a model: what it said as text, and as the arguments of tool calls, each time it said it. */
export interface Dialect {
  readonly name: string;
  ask(models: Models, asked: Asked): Promise<readonly string[]>;
}

const chat: Dialect = {
  name: "chat completions",
  ask: async ({ openai }, { prompt, stream, demo = {} }) => {
    const body = {
      model: "m",
      messages: [{ role: "user" as const, content: prompt }],
      metadata: demo,
    };
    const question = body as OpenAI.ChatCompletionCreateParamsNonStreaming;
    const { choices } = stream
      ? await openai.chat.completions.stream({ ...question, stream: true }).finalChatCompletion()
      : await openai.chat.completions.create(question);
    const [message] = choices.map((choice) => choice.message);
    const calls = (message?.tool_calls ?? []).flatMap((call) =>
      call.type === "function" ? [commandIn(call.function.arguments)] : [],
    );
    return [...(message?.content ? [message.content] : []), ...calls];
  },
};

const responses: Dialect = {
  name: "responses",
  ask: async ({ openai }, { prompt, stream, demo = {} }) => {
    const body = { model: "m", input: prompt, metadata: demo };
    const question = body as OpenAI.Responses.ResponseCreateParamsNonStreaming;
    if (!stream) return saidIn(await openai.responses.create(question));
    const told: string[] = [];
    let pieces = "";
    for await (const event of await openai.responses.create({ ...question, stream: true })) {
      if (event.type.endsWith(".delta")) pieces += (event as { delta: string }).delta;
      if (event.type === "response.output_text.done") told.push(event.text);
      if (event.type === "response.content_part.done" && "text" in event.part)
        told.push(String(event.part.text));
      if (event.type === "response.function_call_arguments.done")
        told.push(commandIn(event.arguments));
      if (event.type === "response.output_item.done")
        told.push(...saidIn({ output: [event.item] }));
      if (event.type === "response.completed") told.push(...saidIn(event.response));
    }
    return [pieces.startsWith("{") ? commandIn(pieces) : pieces, ...told];
  },
};

function saidIn({ output }: Pick<OpenAI.Responses.Response, "output">): readonly string[] {
  return output.flatMap((item) => {
    if (item.type === "function_call") return [commandIn(item.arguments)];
    if (item.type !== "message") return [];
    return item.content.flatMap((part) => (part.type === "output_text" ? [part.text] : []));
  });
}

const messages: Dialect = {
  name: "messages",
  ask: async ({ anthropic }, { prompt, stream, demo = {} }) => {
    const metadata = demo as Anthropic.Metadata;
    const body = { model: "m", max_tokens: 99, metadata };
    const question = { ...body, messages: [{ role: "user" as const, content: prompt }] };
    const { content } = stream
      ? await anthropic.messages.stream(question).finalMessage()
      : await anthropic.messages.create(question);
    return content.flatMap((block) => {
      if (block.type === "text") return [block.text];
      return block.type === "tool_use" ? [(block.input as { command: string }).command] : [];
    });
  },
};

/** Arguments are JSON that must parse. */
function commandIn(text: string): string {
  return (JSON.parse(text) as { command: string }).command;
}

export const dialects: readonly Dialect[] = [chat, responses, messages];
