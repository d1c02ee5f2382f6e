import Anthropic from "@anthropic-ai/sdk";
import { Octokit } from "octokit";
import OpenAI from "openai";

/** Asks by each SDK once, with nothing but the gateway's address and a session token, and prints what they said. */
const gateway = process.env["GATEWAY"] ?? "";
const token = process.env["TOKEN"] ?? "";
const content = "Say something.";

const octokit = new Octokit({ auth: token, baseUrl: `${gateway}/api/v3` });
const user = await octokit.rest.users.getAuthenticated();

const openai = new OpenAI({ apiKey: token, baseURL: `${gateway}/copilot`, maxRetries: 0 });
const chat = await openai.chat.completions.create({
  model: "gpt-demo",
  messages: [{ role: "user", content }],
});
let streamed = "";
for await (const event of await openai.responses.create({
  model: "gpt-demo",
  input: content,
  stream: true,
}))
  if (event.type === "response.output_text.delta") streamed += event.delta;

const anthropic = new Anthropic({
  apiKey: null,
  authToken: token,
  baseURL: `${gateway}/copilot`,
  maxRetries: 0,
});
const message = await anthropic.messages.create({
  model: "claude-demo",
  max_tokens: 100,
  messages: [{ role: "user", content }],
});
const [block] = message.content;

console.log(
  JSON.stringify({
    octokit: user.data.login,
    chat: chat.choices[0]?.message.content ?? "",
    responses: streamed,
    messages: block?.type === "text" ? block.text : "",
  }),
);
