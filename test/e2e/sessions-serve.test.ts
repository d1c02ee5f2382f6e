import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Answer, ask } from "../../src/demo/ask.ts";
import { run } from "../support/clients.ts";
import { startS3, type TestS3 } from "../support/s3.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { personToken } from "../support/stack-config.ts";

/** What was recorded through a real Envoy, in a bucket, answers in the upstream's place, to the SDK that people use; and is watched. */
const policy = `rules:
  - id: models
    when: { operation: model.call }
    then: [ { inject: {} }, { record: {} } ]
  - id: reading
    when: { access: read }
    then: [ { inject: {} }, { record: {} } ]
  - id: issues
    when: { operation: issue.write }
    then: [ { mask: {} }, { inject: {} }, { record: { raw: true } } ]
otherwise: [ { deny: { reason: "No rule allows this." } }, { record: {} } ]
`;
const main = join(import.meta.dirname, "../../src/main.ts");
const secret = `gh${"p"}_${"Wq4vR8yT2bN7mX1rZ5cK9dJ3gH6fS0aL2eUu"}`;
const json = { "content-type": "application/json" };

let stack: Stack;
let s3: TestS3;
let secrets: Readonly<Record<string, string>>;
let session: string;
/** What the client got through the gateway. */
const live: Answer[] = [];

const chat = (content: string) =>
  JSON.stringify({ model: "gpt-demo", messages: [{ role: "user", content }] });
const questions = [
  { path: "/copilot/chat/completions", method: "POST", body: chat("one") },
  { path: "/copilot/chat/completions", method: "POST", body: chat("two") },
  { path: "/copilot/chat/completions", method: "POST", body: chat("one") },
  {
    path: "/api/v3/repos/acme/app/issues",
    method: "POST",
    body: `{"title":"mine is ${secret}"}`,
  },
  { path: "/api/v3/repos/acme/app", method: "DELETE" },
  { path: "/api/v3/user", method: "GET" },
];

beforeAll(async () => {
  s3 = await startS3();
  const { endpoint: url, region, bucket, accessKeyId, secretAccessKey } = s3.options;
  secrets = { S3_ID: accessKeyId, S3_KEY: secretAccessKey.reveal() };
  const keys = { accessKey: "env:S3_ID", secretKey: "env:S3_KEY" };
  const locks = [await generateX25519Identity(), await generateX25519Identity()];
  const [inner, outer] = await Promise.all(locks.map((lock) => identityToRecipient(lock)));
  const raw = { first: [inner], second: [outer], people: ["group:custodians"] };
  const recording = { viewers: ["group:auditors"], raw, s3: { url, region, bucket, ...keys } };
  stack = await startStack({ policy, config: { recording }, env: secrets });
  await writeFile(join(stack.folder.path, "inner.txt"), locks[0] ?? "");
  await writeFile(join(stack.folder.path, "outer.txt"), locks[1] ?? "");
  for (const { path, ...question } of questions)
    live.push(await stack.ask(path, { ...question, headers: json }));
  const auditor = stack.person("audrey", ["auditors"]);
  const listed = JSON.parse((await auditor("/api/v1/sessions")).text);
  session = listed.sessions[0].session;
  // Reading it writes what waits for the disk.
  expect((await auditor(`/api/v1/sessions/${session}`)).status).toBe(200);
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  await s3?.stop();
});

/** The command in a process of its own, as people run it. */
async function serving<T>(
  options: readonly string[],
  use: (url: string) => Promise<T>,
): Promise<T> {
  const args = [main, "sessions", "serve", session, "--config", "sallyport.yaml", "--json"];
  const child = spawn(process.execPath, [...args, ...options], {
    cwd: stack.folder.path,
    env: { PATH: process.env["PATH"], ...secrets },
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    return await use((JSON.parse(line) as { url: string }).url);
  } finally {
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  }
}

test("the openai SDK gets from the recording what it got through the gateway, in the same order", async () => {
  await serving([], async (url) => {
    const openai = new OpenAI({ apiKey: "none", baseURL: `${url}/copilot`, maxRetries: 0 });
    const say = async (content: string) =>
      (
        await openai.chat.completions.create({
          model: "gpt-demo",
          messages: [{ role: "user", content }],
        })
      ).choices[0]?.message.content;
    const recorded = (index: number) =>
      JSON.parse(live[index]?.text ?? "").choices[0].message.content;
    expect(await say("two")).toBe(recorded(1));
    expect(await say("one")).toBe(recorded(0));
    expect(await say("one")).toBe(recorded(2));
    await expect(say("one")).rejects.toThrow("404");
    await expect(say("three")).rejects.toThrow("404");
  });
}, 60_000);

test("twice the same answers byte by byte, by the upstream's own paths too; what is not there is a clear 404", async () => {
  const play = () =>
    serving([], async (url) => {
      const answers: Answer[] = [];
      for (const { path, ...question } of questions)
        answers.push(
          await ask(url + path.replace(/^\/(copilot|api\/v3)/, ""), { ...question, headers: json }),
        );
      return answers;
    });
  const [first, second] = [await play(), await play()];
  expect(second.map(({ status, text }) => [status, text])).toEqual(
    first.map(({ status, text }) => [status, text]),
  );
  // The fourth's body was masked: it is known by method and path.
  for (const index of [0, 1, 2, 3, 5])
    expect([first[index]?.status, first[index]?.text]).toEqual([
      live[index]?.status,
      live[index]?.text,
    ]);
  // The gateway's own refusal is no answer of the upstream's.
  expect(first[4]?.status).toBe(404);
  expect(JSON.parse(first[4]?.text ?? "")).toMatchObject({ code: "own_answer", status: 404 });
  await serving(["--own", "--again", "--speed", "4"], async (url) => {
    const refused = await ask(`${url}/api/v3/repos/acme/app`, { method: "DELETE" });
    expect([refused.status, refused.text]).toEqual([live[4]?.status, live[4]?.text]);
    for (let round = 0; round < 3; round++)
      expect((await ask(`${url}/api/v3/user`)).text).toBe(live[5]?.text);
    const unknown = await ask(`${url}/nothing`);
    expect(unknown.headers["content-type"]).toContain("application/problem+json");
    expect(JSON.parse(unknown.text)).toMatchObject({ status: 404, code: "unknown_path" });
  });
}, 60_000);

test("a running session is watched in the terminal, masked, and the look is on record before anything is shown", async () => {
  const tail = (token: string) =>
    spawn(process.execPath, [main, "sessions", "tail", session, "--api", stack.api], {
      cwd: stack.folder.path,
      env: { PATH: process.env["PATH"], SALLYPORT_TOKEN: token },
      stdio: ["ignore", "pipe", "pipe"],
    });
  const stranger = tail(await personToken(stack.issuer, "mallory", ["others"]));
  expect(await once(stranger, "exit")).toEqual([1, null]);
  const child = tail(await personToken(stack.issuer, "audrey", ["auditors"]));
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  await once(createInterface({ input: child.stderr }), "line");
  await expect.poll(() => stack.stdout()).toContain('"action":"recording.tail"');
  await stack.ask("/copilot/chat/completions", {
    method: "POST",
    headers: json,
    body: chat(`Mine is ${secret}, seen live.`),
  });
  const wait = { timeout: 30_000 };
  await expect.poll(() => out, wait).toMatch(/POST \/copilot\/chat\/completions/);
  await expect
    .poll(() => out, wait)
    .toMatch(/REDACTED[^\n]*seen live[\s\S]*answer 200 by the upstream/);
  expect(out).toContain("decided: allow");
  expect(out).not.toContain(secret);
  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([0, null]);
}, 60_000);

test("what was recorded unmasked takes two people, an identity each, to read; the gateway has neither", async () => {
  const raw = async (who: string, groups: readonly string[], identity: string) => {
    const env = {
      PATH: process.env["PATH"] ?? "",
      SALLYPORT_TOKEN: await personToken(stack.issuer, who, groups),
    };
    const args = ["sessions", "raw", session, "--api", stack.api, "--reason", "an incident"];
    const options = { cwd: stack.folder.path, env };
    return run(process.execPath, [main, ...args, "--identity", identity], options);
  };
  const two = ["custodians"];
  expect(await raw("audrey", ["auditors"], "outer.txt")).toMatchObject({ code: 1 });
  expect(await raw("bob", two, "inner.txt")).toMatchObject({ code: 1 });
  expect(await raw("bob", two, "outer.txt")).toMatchObject({ code: 0 });
  expect(await raw("audrey", ["auditors"], "inner.txt")).toMatchObject({ code: 1 });
  const read = await raw("carol", two, "inner.txt");
  expect(read).toMatchObject({ code: 0 });
  const bodies = read.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(
    bodies.some(({ text, direction }) => direction === "request" && text.includes(secret)),
  ).toBe(true);
  // Bob alone, also with both identities, gets no further than the outer lock.
  expect(await raw("bob", two, "inner.txt")).toMatchObject({ code: 1 });
  for (const [action, actor] of [
    ["raw-ask", "people:bob"],
    ["raw-unlock", "people:bob"],
    ["raw-open", "people:carol"],
  ])
    await expect
      .poll(() => stack.stdout())
      .toContain(`"action":"recording.${action}","actor":"${actor}","subject":"${session}"`);
  for (const [key, body] of s3.objects) expect([key, body.includes(secret)]).toEqual([key, false]);
}, 60_000);
