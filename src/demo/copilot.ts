import { type Answer, answer } from "./answer.ts";
import { chatBody, chatEvents } from "./copilot-chat.ts";
import { messagesBody, messagesEvents, wrongThinking } from "./copilot-messages.ts";
import { responsesBody, responsesEvents } from "./copilot-responses.ts";
import { cut, json, problem, type Route, readJson, stream, type Visit } from "./visit.ts";

const models = ["demo-model", "gpt-demo", "claude-demo"].map((id) => ({
  id,
  name: id,
  object: "model",
  vendor: "demo",
  version: "1",
  model_picker_enabled: true,
  supported_endpoints: ["/chat/completions", "/responses", "/v1/messages"],
  capabilities: {
    type: "chat",
    family: id,
    limits: { max_context_window_tokens: 200_000, max_output_tokens: 64_000 },
    supports: { streaming: true, tool_calls: true },
  },
}));

/** The Copilot API as clients see it: the models, and three ways of calling one, streamed or whole. */
export const copilotRoutes: readonly Route[] = [
  ["GET", /^\/models$/, (visit) => json(visit, 200, { object: "list", data: models })],
  ["POST", /^\/chat\/completions$/, (visit) => call(visit, chatBody, chatEvents)],
  ["POST", /^\/responses$/, (visit) => call(visit, responsesBody, responsesEvents)],
  ["POST", /^\/v1\/messages$/, (visit) => call(visit, messagesBody, messagesEvents)],
];

async function call(
  visit: Visit,
  whole: (answer: Answer, model: string) => object,
  events: (answer: Answer, model: string) => readonly string[],
): Promise<void> {
  const request = await readJson(visit);
  const model = request["model"];
  if (typeof model !== "string") return problem(visit, 400, "model is required");
  const wrong = wrongThinking(request);
  if (wrong !== undefined) return problem(visit, 400, wrong);
  const said = answer(request);
  if (request["stream"] !== true) return json(visit, 200, whole(said, model));
  visit.response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-cache",
  });
  const written = events(said, model);
  const wire = said.write === 0 ? written : cut(Buffer.from(written.join("")), said.write);
  await stream(visit, wire);
}
