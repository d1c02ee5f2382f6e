import { createServer, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { H2Client } from "../support/clients.ts";
import { listenLocally } from "../support/ports.ts";
import { type Stack, startStack } from "../support/stack.ts";

/**
 * Envoy gives up a connection on which too many frames wait (`http2.outbound_flood`), and each event of a stream is one:
 * a processor that does not read for a while must not lose all the streams that are open on it.
 */
const streams = 40;
const events = 2_000;
/** Milliseconds; much longer than it takes until the streams' windows are full. */
const late = 3_000;

let server: Server;
let stack: Stack;
let begun = 0;

beforeAll(async () => {
  server = createServer(async (asked, response) => {
    for await (const _ of asked);
    response.writeHead(200, { "content-type": "text/event-stream" });
    begun += 1;
    // One by one: what is written together is read together.
    for (let sent = 0; sent < events && !response.destroyed; sent += 1) {
      response.write(`data: ${sent}\n\n`);
      await sleep(1);
    }
    response.end("data: [DONE]\n\n");
  });
  const upstream = `http://127.0.0.1:${await listenLocally(server)}`;
  stack = await startStack({
    policy: "rules: []\notherwise: [ { inject: {} } ]\n",
    config: {
      credentials: [{ name: "any", source: { file: "./credential" }, scheme: "bearer" }],
      connections: [
        {
          ...{ name: "copilot", kind: "copilot", hosts: ["api.githubcopilot.com"] },
          ...{ upstream, credential: "any" },
        },
      ],
    },
  });
}, 60_000);
afterAll(async () => {
  await stack?.stop();
  server?.close();
});

test("a processor that is late for seconds while event streams flow loses none of them", async () => {
  const client = await H2Client.connect(stack);
  const headers = {
    authorization: `Bearer ${await stack.issuer.token()}`,
    "content-type": "application/json",
  };
  const body = JSON.stringify({ model: "m", stream: true, messages: [] });
  const asked = Array.from({ length: streams }, () =>
    client.ask("/copilot/chat/completions", { method: "POST", headers, body }),
  );
  await expect.poll(() => begun, { timeout: 30_000 }).toBe(streams);
  stack.process.kill("SIGSTOP");
  await sleep(late);
  stack.process.kill("SIGCONT");
  const answers = await Promise.all(asked);
  const whole = `${Array.from({ length: events }, (_, at) => `data: ${at}\n\n`).join("")}data: [DONE]\n\n`;
  for (const answer of answers) {
    expect(answer.status).toBe(200);
    expect(answer.body.toString() === whole).toBe(true);
  }
  client.close();
}, 120_000);
