import { describe, expect, it } from "vitest";
import { errorOf, feed, operationsOf } from "../asking.ts";

const call = (path: string, body: object, headers: Record<string, string> = {}) => ({
  kind: "copilot" as const,
  method: "POST",
  path,
  body,
  headers,
});
const tool = { type: "function", function: { name: "bash" } };

describe("a model call says which model, whether it streams, and with which tools", () => {
  it.each([
    [
      "chat completions",
      call("/chat/completions", { model: "m", stream: true, tools: [tool] }),
      { api: "chat", model: "m", stream: true, tools: ["bash"] },
    ],
    [
      "responses",
      call("/v1/responses", {
        model: "m",
        tools: [{ type: "function", name: "bash" }, { type: "web_search" }],
      }),
      { api: "responses", model: "m", stream: false, tools: ["bash", "web_search"] },
    ],
    [
      "messages",
      call("/v1/messages", { model: "m", max_tokens: 9, tools: [{ name: "bash" }] }),
      { api: "messages", model: "m", tools: ["bash"], maxTokens: 9 },
    ],
    [
      "an editor's completions",
      call("/v1/engines/gpt/completions", { prompt: "x" }),
      { api: "completions", model: "gpt" },
    ],
    [
      "embeddings",
      call("/embeddings", { model: "e", input: [] }),
      { api: "embeddings", model: "e" },
    ],
  ])("%s", (_, ask, attributes) => {
    const [operation] = operationsOf(ask);
    expect(operation).toMatchObject({
      name: "model.call",
      resource: "api.githubcopilot.com",
      attributes,
    });
  });

  it("anything else is unknown, and a write unless it is a GET", () => {
    expect(operationsOf({ kind: "copilot", method: "GET", path: "/models" })[0]?.name).toBe(
      "model.list",
    );
    expect(operationsOf({ kind: "copilot", method: "GET", path: "/agents/x" })[0]?.name).toBe(
      "unknown.read",
    );
    expect(operationsOf({ kind: "copilot", method: "POST", path: "/agents/x" })[0]?.name).toBe(
      "unknown.write",
    );
  });

  it("a path that only ends like a model call is none", () => {
    const [operation] = operationsOf(call("/agents/x/responses", { model: "m" }));
    expect(operation).toMatchObject({
      name: "unknown.write",
      unknown: ["branch", "ref", "paths", "force"],
    });
  });

  it("WebSocket is refused, so that the client falls back to HTTP", () => {
    expect(
      errorOf({
        kind: "copilot",
        method: "GET",
        path: "/responses",
        headers: { upgrade: "websocket" },
      }),
    ).toMatch(/use HTTP/);
  });

  it("a denial is a 451 whose message the Copilot CLI prints", () => {
    const { parser } = feed(call("/chat/completions", { model: "m" }));
    const reply = parser.refuse({ code: "denied", message: "Not today.", caseId: "case-1" });
    expect(reply.status).toBe(451);
    expect(JSON.parse(String(reply.body))).toMatchObject({ message: "Not today." });
    expect(reply.headers["x-github-request-id"]).toBe("case-1");
  });
});
