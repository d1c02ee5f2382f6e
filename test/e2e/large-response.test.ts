import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { request } from "node:https";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sample } from "../../src/detection/rules/sample.ts";
import { listenLocally } from "../support/ports.ts";
import { type Stack, startStack } from "../support/stack.ts";

/**
 * Bodies that nobody could keep, masked on their way through a real Envoy. `LARGE_RESPONSE_MIB=1024 LARGE_EVENTS=1000000`
 * is the full size.
 */
const mebibytes = Number(process.env["LARGE_RESPONSE_MIB"] ?? 48);
const events = Number(process.env["LARGE_EVENTS"] ?? 30_000);
/** How much more memory the gateway may take for a large body than for a small one, in bytes. */
const allowance = 96 * 1024 * 1024;

const secret = sample("ghp_{alnum:36}");
const line = Buffer.from(`${"A line of text like any other, said again and again. ".repeat(19)}\n`);
const block = Buffer.concat([...new Array(63).fill(line), Buffer.from(`token ${secret} end\n`)]);
const event = (content: string): string =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices: [{ index: 0, delta: { content } }] })}\n\n`;

let server: Server;
let stack: Stack;
let token: string;

/** Writes as fast as it is read. */
beforeAll(async () => {
  server = createServer(async (asked, response) => {
    for await (const _ of asked);
    const size = Number(asked.headers["x-size"]);
    const isStream = asked.method === "POST";
    response.writeHead(200, { "content-type": isStream ? "text/event-stream" : "text/plain" });
    const piece = isStream ? `${event("some text ").repeat(99)}${event(`and ${secret} `)}` : block;
    for (let sent = 0; sent < size && !response.destroyed; sent += isStream ? 100 : piece.length)
      if (!response.write(piece)) await new Promise((resolve) => response.once("drain", resolve));
    response.end();
  });
  const url = `http://127.0.0.1:${await listenLocally(server)}`;
  const connection = { upstream: url, credential: "any" };
  stack = await startStack({
    policy: "rules: []\notherwise: [ { mask: {} }, { inject: {} } ]\n",
    config: {
      credentials: [{ name: "any", source: { file: "./credential" }, scheme: "bearer" }],
      connections: [
        { ...connection, name: "copilot", kind: "copilot", hosts: ["api.githubcopilot.com"] },
        { ...connection, name: "github-api", kind: "github-api", hosts: ["api.github.com"] },
      ],
    },
  });
  token = await stack.issuer.token({ exp: Math.floor(Date.now() / 1000) + 3000 });
}, 60_000);
afterAll(async () => {
  await stack?.stop();
  server?.close();
});

interface Read {
  readonly bytes: number;
  readonly marks: number;
  readonly leaks: number;
  /** The most that the gateway's own process held in the meantime, in bytes. */
  readonly memory: number;
}

async function read(method: "GET" | "POST", size: number): Promise<Read> {
  const path = method === "GET" ? "/api/v3/repos/acme/app/readme" : "/copilot/chat/completions";
  const headers = { authorization: `Bearer ${token}`, "x-size": String(size) };
  const ca = readFileSync(stack.ca);
  let bytes = 0;
  let marks = 0;
  let leaks = 0;
  let memory = 0;
  let tail = "";
  const response = await new Promise<AsyncIterable<Buffer>>((resolve, reject) => {
    const asked = request(stack.proxy + path, { method, headers, ca, agent: false }, resolve);
    asked.on("error", reject);
    asked.end(method === "POST" ? JSON.stringify({ model: "m", messages: [] }) : undefined);
  });
  for await (const chunk of response) {
    bytes += chunk.length;
    const text = tail + chunk.toString("latin1");
    const found = text.split("[REDACTED:github-token:");
    marks += found.length - 1;
    leaks += text.split(secret.slice(4, 12)).length - 1;
    tail = (found.at(-1) ?? "").slice(-22);
    memory = Math.max(memory, resident());
  }
  return { bytes, marks, leaks, memory };
}

function resident(): number {
  const status = readFileSync(`/proc/${stack.process.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

test(`${mebibytes} MiB of text: every secret masked, memory flat`, async () => {
  const size = mebibytes * 1024 * 1024;
  const first = await read("GET", 8 * 1024 * 1024);
  const whole = await read("GET", size);
  expect(whole.leaks).toBe(0);
  expect(whole.marks).toBe(Math.ceil(size / block.length));
  console.log(`memory ${mib(first.memory)} MiB, then ${mib(whole.memory)} MiB`);
  expect(whole.memory - first.memory).toBeLessThan(allowance);
}, 1_200_000);

test(`${events} events: every secret masked, memory flat`, async () => {
  const first = await read("POST", 5_000);
  const whole = await read("POST", events);
  expect(whole.leaks).toBe(0);
  expect(whole.marks).toBe(Math.ceil(events / 100));
  console.log(`memory ${mib(first.memory)} MiB, then ${mib(whole.memory)} MiB`);
  expect(whole.memory - first.memory).toBeLessThan(allowance);
}, 1_200_000);

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}
