import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plantedSecret } from "../../src/demo/secret.ts";
import { run as runProgram } from "../support/clients.ts";
import { copilot, copilotArguments, copilotEnvironment } from "../support/copilot.ts";
import { dialects, type Models, modelsOf } from "../support/reversible.ts";
import { startSdks } from "../support/sdks.ts";
import { newSession } from "../support/session.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { insideOf, places } from "../support/traces.ts";

/**
 * Secrets that the model must not see and the client needs back: through a real Envoy, with official clients, in every
 * dialect, whole and streamed.
 */
const policy = `rules:
  - id: models
    when: { operation: model.call }
    then: [ { mask: { strategy: reversible } }, inject, { record: { level: full } } ]
  - id: tools
    when: { protocol: mcp }
    then: [ { mask: { strategy: reversible } }, inject, { record: { level: full } } ]
  - id: reading
    when: { access: read }
    then: [ mask, inject ]
`;
// Built of parts, so that no scanner takes them for real ones.
const token = `gh${"p"}_${"Zk3vQ9xT7bN2mW5rY8cL1dF4gH6jS0aP2eUu"}`;
/** One that must be escaped in JSON, and twice in JSON within JSON. */
const awkward = ["9kQ7", '"zw3', "\\Lx2", "!v"].join("");
const form = /masked-[0-9a-f]{20}/;
const people = ["group:auditors"];
const config = { recording: { viewers: people }, approvals: { approvers: people } };

let stack: Stack;
let models: Models;
beforeAll(async () => {
  stack = await startStack({ policy, config });
  models = await modelsOf(stack);
}, 60_000);
afterAll(() => stack?.stop());

const run = (command: string): string => `Please run the command \`${command}\` for me.`;
const lastSent = (): string => stack.upstream.log.at(-1)?.body.toString("utf8") ?? "";
const placeholder = (): string => form.exec(lastSent())?.[0] ?? "none";

const ways = dialects.flatMap((dialect) =>
  [
    ["whole", false, {}],
    ["streamed", true, {}],
    ["streamed in pieces of one character", true, { demo_piece: 1 }],
    ["streamed in writes of seven bytes", true, { demo_write: 7 }],
  ].map(([how, stream, demo]) => [`${dialect.name}, ${how}`, dialect, { stream, demo }] as const),
);

describe.each(ways)("%s", (_, { ask }, how) => {
  const asked = { stream: how.stream === true, demo: how.demo as Record<string, unknown> };

  test("text comes back with the true value, and the model never saw it", async () => {
    const told = await ask(models, { ...asked, prompt: `Is ${token} well formed?` });
    expect(lastSent()).not.toContain(token.slice(4));
    expect(lastSent()).toMatch(/ghp_masked-[0-9a-f]{20} well formed/);
    for (const text of told) expect(text).toContain(`You asked: Is ${token} well formed?`);
    expect(told.length).toBeGreaterThan(0);
  });

  test("arguments of tool calls likewise, in every repeat, escaped for where they stand", async () => {
    const command = `curl -H 'Authorization: Bearer ${token}' "https://api.example/x?t=${token}"`;
    const told = await ask(models, { ...asked, prompt: run(command) });
    expect(lastSent()).not.toContain(token.slice(4));
    expect(told.length).toBeGreaterThan(0);
    for (const text of told) expect(text).toBe(command);
  });

  test("what the model made up, or has from elsewhere, is masked for good", async () => {
    const told = await ask(models, { ...asked, prompt: "What is the token?" });
    for (const text of told) {
      expect(text).toMatch(/GH_TOKEN=(ghp_)?\[REDACTED:github-token:[0-9a-f]{10}\]/);
      expect(text).not.toContain(plantedSecret.slice(4));
    }
  });
});

test("a value with quotes and backslashes is hidden in a tool call of the past, and in a command where no rule would find it", async () => {
  const call = { id: "c1", type: "function" as const };
  const args = JSON.stringify({ password: awkward });
  const answer = await models.openai.chat.completions
    .stream({
      model: "m",
      stream: true,
      messages: [
        { role: "user", content: "Log in." },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ ...call, function: { name: "login", arguments: args } }],
        },
        { role: "tool", tool_call_id: "c1", content: "done" },
        { role: "user", content: run(`login ${awkward} now`) },
      ],
    })
    .finalChatCompletion();
  expect(lastSent()).not.toContain("9kQ7");
  expect(lastSent()).toMatch(/login masked-[0-9a-f]{20} now/);
  const [made] = answer.choices[0]?.message.tool_calls ?? [];
  if (made?.type !== "function") throw new Error("no call came");
  expect(JSON.parse(made.function.arguments)).toMatchObject({ command: `login ${awkward} now` });
});

test.each([
  ["gzip", gzipSync],
  ["br", brotliCompressSync],
  ["zstd", zstdCompressSync],
] as const)("a request in %s is read, hidden and sent on without it", async (coding, code) => {
  const body = { model: "m", messages: [{ role: "user", content: `Is ${token} well formed?` }] };
  const answer = await stack.ask("/copilot/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json", "content-encoding": coding },
    body: code(JSON.stringify(body)),
  });
  expect(answer.text).toContain(`Is ${token} well formed?`);
  expect(lastSent()).toMatch(/ghp_masked-[0-9a-f]{20} well formed/);
  const odd = await stack.ask("/copilot/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json", "content-encoding": "compress" },
    body: JSON.stringify(body),
  });
  expect(odd.status).toBeGreaterThanOrEqual(400);
  expect(odd.text).toContain("content-encoding");
});

test.each([20_000, 130_000])(
  "a long conversation goes on whole, its secret hidden wherever it stands (%i lines)",
  async (lines) => {
    const filler = "All work and no play makes a long prompt. ".repeat(lines);
    const content = `Is ${token} well formed? ${filler} And ${token}?`;
    const { choices } = await models.openai.chat.completions.create({
      model: "m",
      messages: [{ role: "user", content }],
    });
    expect(choices[0]?.message.content?.startsWith(`You asked: Is ${token} well`)).toBe(true);
    expect(lastSent()).not.toContain(token.slice(4));
    // The upstream keeps no more than a mebibyte of what it was sent.
    if (lines > 20_000) return;
    const sent = JSON.parse(lastSent()).messages[0].content as string;
    const name = form.exec(sent)?.[0] ?? "none";
    expect(sent === content.replaceAll(token.slice(4), name)).toBe(true);
  },
);

test("a later turn that does not hold the secret still gets it back", async () => {
  await dialects[1]?.ask(models, { stream: false, prompt: `Is ${token} well formed?` });
  const name = placeholder();
  for (const stream of [false, true]) {
    const demo = { demo_text: `As I said: ${name}.` };
    const told = await dialects[1]?.ask(models, { stream, prompt: "And now?", demo });
    expect(new Set(told)).toEqual(new Set([`As I said: ${token.slice(4)}.`]));
  }
});

test("a tool of an MCP server is given the placeholder, and what it gives back later names the value", async () => {
  const sdks = startSdks(stack);
  try {
    const job = await stack.issuer.token();
    const place = { owner: "acme", repo: "app" };
    const call = (tool: string, more: object) =>
      sdks.call({ ask: { kind: "mcp", tool, arguments: { ...place, ...more } }, token: job });
    const file = { path: "made.env", branch: "main", message: "m" };
    const made = await call("create_or_update_file", { ...file, content: `GH="${token}"\n` });
    expect(made).toMatchObject({ ok: true });
    const read = await call("get_file_contents", { path: "made.env", ref: "main" });
    expect(JSON.stringify(read)).toContain(token);
    const kept = await stack.upstream.repositories.read("acme/app", "main", "made.env");
    expect(String(kept?.content)).toMatch(/^GH="ghp_masked-[0-9a-f]{20}"\n$/);
  } finally {
    await sdks.stop();
  }
});

test.skipIf(!existsSync(copilot))(
  "Copilot CLI runs the model's command with the true value, and shows the model the placeholder again",
  async () => {
    const home = await mkdtemp(join(tmpdir(), "reversible-home-"));
    const env = copilotEnvironment(stack, await newSession(stack));
    const before = stack.upstream.log.length;
    const prompt = `Run the command \`printf %s ${token} | tee made.txt\`.`;
    const args = copilotArguments(prompt);
    const ran = await runProgram(copilot, args, { cwd: home, env });
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(await readFile(join(home, "made.txt"), "utf8")).toBe(token);
    const calls = stack.upstream.log
      .slice(before)
      .map(({ body }) => body.toString("utf8"))
      .filter((body) => body.includes("made.txt"));
    // The prompt, and then also the call, which the CLI shows the model as it ran it.
    expect(calls.length).toBeGreaterThan(1);
    expect(calls.at(-1)?.match(/ghp_masked-[0-9a-f]{20}/g)?.length).toBeGreaterThan(1);
    expect(calls.join("")).not.toContain(token.slice(4));
    await rm(home, { recursive: true, force: true });
  },
  60_000,
);

describe("nobody else gets it back", () => {
  const echo = { demo_text: "" };
  const told = async (by: Models, text: string): Promise<string> => {
    const demo = { ...echo, demo_text: text };
    return String(await dialects[0]?.ask(by, { stream: true, prompt: "Go on.", demo }));
  };

  test("another session, another person, whatever they send themselves", async () => {
    await dialects[0]?.ask(models, { stream: false, prompt: `Is ${token} well formed?` });
    const name = placeholder();
    expect(await told(models, name)).toBe(token.slice(4));
    const others = [{ run_id: "4242" }, { sub: "repo:acme/other:ref:refs/heads/main" }];
    for (const claims of others) {
      const other = await modelsOf(stack, claims);
      expect(await told(other, name)).toBe(name);
      const asked = await dialects[0]?.ask(other, { stream: false, prompt: `What is ${name}?` });
      expect(String(asked)).toContain(`What is ${name}?`);
      // One that has secrets of its own is looked up all the same.
      await dialects[0]?.ask(other, { stream: false, prompt: `Is ${plantedSecret} well formed?` });
      expect(await told(other, name)).toBe(name);
    }
  });

  test("forged and cut ones stay as they are, and so does one within base64", async () => {
    await dialects[0]?.ask(models, { stream: false, prompt: `Is ${token} well formed?` });
    const name = placeholder();
    const coded = Buffer.from(`x:${name}`).toString("base64");
    for (const text of [`masked-${"0".repeat(20)}`, name.slice(0, -1), name.slice(1), coded])
      expect(await told(models, text)).toBe(text);
  });

  test("the client may send its placeholder itself", async () => {
    await dialects[0]?.ask(models, { stream: false, prompt: `Is ${token} well formed?` });
    const name = placeholder();
    const answer = await dialects[0]?.ask(models, { stream: true, prompt: `And ${name}, then?` });
    expect(lastSent()).toContain(`And ${name}, then?`);
    expect(String(answer)).toContain(`And ${token.slice(4)}, then?`);
  });

  test("the gateway's own credential is masked for good, in either direction", async () => {
    const prompt = `Is ${stack.credential} well formed? password: "${stack.credential}"`;
    const answer = await dialects[0]?.ask(models, { stream: true, prompt });
    expect(lastSent()).not.toContain(stack.credential);
    expect(lastSent()).toContain("[REDACTED:credential:");
    expect(lastSent()).not.toMatch(form);
    expect(String(answer)).not.toContain(stack.credential);
  });
});

test("records, spans, logs, recordings and files hold placeholders, and none of what they stand for", async () => {
  const { span } = stack.collector;
  const exchange = await span(({ attributes }) => attributes["sallyport.mask.restored"] === 2);
  expect(exchange.attributes["sallyport.mask.replaced"]).toBe(2);
  const auditor = stack.person("audrey", ["auditors"]);
  const told = new Map(await insideOf(stack));
  const listed = JSON.parse((await auditor("/api/v1/sessions")).text) as {
    readonly sessions: readonly { readonly session: string }[];
  };
  for (const { session } of listed.sessions)
    for (const format of ["jsonl", "har", "markdown"]) {
      const path = `/api/v1/sessions/${session}/recording?format=${format}`;
      told.set(path, (await auditor(path)).text);
    }
  const path = "/api/v1/audit/records?limit=1000";
  told.set(path, (await auditor(path)).text);
  expect(told.get(path)).toMatch(/"placeholders":\{"replaced":2,"restored":2\}/);
  const recorded = [...told].filter(([name]) => name.includes("/recording?"));
  expect(recorded.map(([, text]) => text).join("")).toMatch(form);
  expect([...told.keys()].join("\n")).toContain("/data/placeholders/");
  for (const secret of [token.slice(4), awkward, plantedSecret.slice(4), stack.credential])
    expect(places(secret, told)).toEqual([]);
});
