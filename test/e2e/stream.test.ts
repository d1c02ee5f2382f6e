import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../../src/demo/ask.ts";
import { plantedSecret } from "../../src/demo/secret.ts";
import type { Access } from "../support/clients.ts";
import { H2Client } from "../support/clients.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** A GitHub token in a stream, cut at every byte: none of it reaches the client, through a real Envoy. */
let stack: Stack;
let access: Access;
let h2: H2Client;

const policy = `rules:
  - id: reading
    when: { access: read }
    then: [ { mask: { rules: default } }, { inject: {} } ]
  - id: model-calls
    when: { operation: model.call }
    then: [ { mask: { rules: default } }, { inject: {} } ]
otherwise: [ { deny: { reason: "No." } } ]
`;

beforeAll(async () => {
  stack = await startStack({ policy });
  access = await stack.access();
  h2 = await H2Client.connect(access);
});
afterAll(async () => {
  h2?.close();
  await stack?.stop();
});

/** The public prefix may show; the least part of what is secret may not. */
const secret = plantedSecret.slice(4);
function leaks(text: string): boolean {
  for (let at = 0; at + 6 <= secret.length; at += 1)
    if (text.includes(secret.slice(at, at + 6))) return true;
  return false;
}

async function get(path: string): Promise<string> {
  const headers = { authorization: `Bearer ${access.token}` };
  const answer = await h2.ask(path, { headers });
  expect(answer.status).toBe(200);
  return answer.body.toString();
}

/** `metadata` steers the demo model: where it cuts the token, what it says, how many bytes each write has. */
async function chat(metadata: Readonly<Record<string, unknown>>, stream = true): Promise<string> {
  const messages = [{ role: "user", content: "Which token does the deploy job use?" }];
  const body = JSON.stringify({ model: "demo-model", stream, messages, metadata });
  const headers = { authorization: `Bearer ${access.token}`, "content-type": "application/json" };
  const answer = await h2.ask("/copilot/chat/completions", { method: "POST", headers, body });
  expect(answer.status).toBe(200);
  return answer.body.toString();
}

describe("plain text", () => {
  test("cut at every byte offset", async () => {
    for (let cut = 0; cut <= plantedSecret.length; cut += 1) {
      const text = await get(`/api/v3/test/secret?cut=${cut}`);
      expect(leaks(text), `cut at ${cut}: ${text}`).toBe(false);
      expect(text).toMatch(/^before .*\[REDACTED:github-token:[0-9a-f]{10}\].* after\n$/s);
    }
  });

  test("one byte per chunk", async () => {
    expect(leaks(await get("/api/v3/test/secret?write=1"))).toBe(false);
  });

  test("in a header and in a trailer", async () => {
    const { headers } = await h2.ask(`/api/v3/test/header?name=x-leak&value=${plantedSecret}`, {
      headers: { authorization: `Bearer ${access.token}` },
    });
    expect(String(headers["x-leak"])).toMatch(/REDACTED/);
    const trailing = await h2.ask("/api/v3/test/trailers", {
      headers: { authorization: `Bearer ${access.token}` },
    });
    expect(leaks(JSON.stringify(trailing.trailers))).toBe(false);
    expect(JSON.stringify(trailing.trailers)).toContain("REDACTED");
  });
});

describe("a model's answer", () => {
  test("streamed, cut at every byte offset of the token", async () => {
    for (let cut = 0; cut <= plantedSecret.length; cut += 1) {
      const text = await chat({ demo_cut: cut });
      const content = contentOf(text);
      expect(leaks(content), `cut at ${cut}: ${content}`).toBe(false);
      expect(leaks(text)).toBe(false);
      expect(content).toContain("[REDACTED:github-token:");
      expect(text.trimEnd().endsWith("data: [DONE]")).toBe(true);
    }
  }, 60_000);

  test("streamed one character per event, and one byte per write", async () => {
    for (const metadata of [
      { demo_piece: 1 },
      { demo_write: 1 },
      { demo_piece: 1, demo_write: 1 },
    ]) {
      const text = await chat(metadata);
      expect(leaks(contentOf(text))).toBe(false);
      expect(contentOf(text)).toContain("[REDACTED:github-token:");
    }
  });

  test("as the arguments of a tool call, cut at every byte offset", async () => {
    for (let cut = 0; cut <= plantedSecret.length; cut += 1) {
      const text = await chat({ demo_kind: "tool", demo_cut: cut });
      const args = argumentsOf(text);
      expect(leaks(args), `cut at ${cut}: ${args}`).toBe(false);
      expect(JSON.parse(args).command).toContain("[REDACTED:github-token:");
    }
  }, 60_000);

  test("whole", async () => {
    const text = await chat({}, false);
    expect(leaks(text)).toBe(false);
    expect(JSON.parse(text).choices[0].message.content).toContain("[REDACTED:github-token:");
  });

  test("over HTTP/1.1", async () => {
    const ca = readFileSync(stack.ca, "utf8");
    const headers = { authorization: `Bearer ${access.token}`, "content-type": "application/json" };
    const body = JSON.stringify({
      model: "demo-model",
      stream: true,
      messages: [{ role: "user", content: "Which token does the deploy job use?" }],
    });
    const path = "/copilot/chat/completions";
    const answer = await ask(stack.proxy + path, { method: "POST", headers, body, ca });
    expect(leaks(answer.text)).toBe(false);
  });
});

test("every mask is in the audit by rule and place, and the value nowhere", async () => {
  await expect.poll(() => stack.stdout().includes("github-token")).toBe(true);
  expect(leaks(stack.stdout() + stack.stderr())).toBe(false);
});

function contentOf(events: string): string {
  return events
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)).choices?.[0]?.delta?.content ?? "")
    .join("");
}

function argumentsOf(events: string): string {
  return events
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)).choices?.[0]?.delta?.tool_calls?.[0]?.function)
    .map((call) => call?.arguments ?? "")
    .join("");
}
