import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { request as requestTls } from "node:https";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ask } from "../../src/demo/ask.ts";
import { Git, ghEnvironment, H2Client, run } from "../support/clients.ts";
import { listenLocally } from "../support/ports.ts";
import { newSession, revoke } from "../support/session.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** Session tokens in the hands of real clients, before a real Envoy: what they open, and how they end. */
const policy = `rules:
  - id: copilot-token
    when: { operation: copilot.token }
    then: [ { mask: { rules: default } }, { inject: {} } ]
  - id: reading
    when: { access: read }
    then: [ { mask: { rules: default } }, { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;
const inference = `tid=5ca1ab1e5ca1ab1e;exp=1900000000;sku=seat;chat=1:${"9c0ffee".repeat(9)}`;

/** GitHub's and Copilot's APIs, as far as credentials go: it knows those it is told and notes what it saw. */
class Upstream {
  readonly #server: Server;
  readonly accepted = new Set<string>();
  readonly seen: string[] = [];
  constructor() {
    this.#server = createServer((request, response) => {
      this.seen.push(JSON.stringify([request.url, request.rawHeaders]));
      const [, shown = ""] = (request.headers.authorization ?? "").split(" ");
      if (!this.accepted.has(shown)) return void response.writeHead(401).end("{}");
      response.writeHead(200, { "content-type": "application/json" });
      if (request.url === "/copilot_internal/v2/token")
        return void response.end(
          JSON.stringify({
            token: inference,
            expires_at: 1_900_000_000,
            refresh_in: 1500,
            endpoints: { api: "https://api.business.githubcopilot.com" },
          }),
        );
      if (request.url !== "/slow") return void response.end('{"login":"demo-bot"}');
      response.write("[1");
      const timer = setInterval(() => response.write(",1"), 20);
      response.on("close", () => clearInterval(timer));
    });
  }
  async listen(): Promise<string> {
    return `http://127.0.0.1:${await listenLocally(this.#server)}`;
  }
  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const upstream = new Upstream();
let stack: Stack;
let ca: string;
let session: string;

beforeAll(async () => {
  const url = await upstream.listen();
  const connection = { upstream: url, credential: "api" };
  stack = await startStack({
    policy,
    config: {
      connections: [
        { ...connection, name: "api", kind: "github-api", hosts: ["api.github.com"] },
        { ...connection, name: "copilot", kind: "copilot", hosts: ["api.githubcopilot.com"] },
      ],
    },
  });
  upstream.accepted.add(stack.credential);
  ca = readFileSync(stack.ca, "utf8");
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  upstream.close();
});
beforeEach(async () => {
  session = await newSession(stack);
});

const get = (path: string, authorization: string) =>
  ask(stack.proxy + path, { ca, headers: { authorization } });

describe("a session token", () => {
  test("opens the API in every scheme, and the upstream sees the stored credential alone", async () => {
    const pair = Buffer.from(`any:${session}`).toString("base64");
    for (const value of [
      `Bearer ${session}`,
      `bearer ${session}`,
      `token ${session}`,
      `Basic ${pair}`,
    ]) {
      expect((await get("/api/v3/user", value)).status).toBe(200);
      const seen = upstream.seen.at(-1) ?? "";
      expect(seen).toContain(`token ${stack.credential}`);
      for (const part of [session, session.slice(4), pair]) expect(seen).not.toContain(part);
    }
  });

  test("works with gh and with git's credential over Basic", async () => {
    const access = { proxy: stack.proxy, ca: stack.ca, token: session };
    const cwd = stack.folder.path;
    const ended = await run("gh", ["api", "user", "--jq", ".login"], {
      cwd,
      env: ghEnvironment(access),
    });
    expect(ended).toMatchObject({ code: 0, stdout: "demo-bot\n" });
    const git = new Git(cwd, { ...access, token: session });
    const refused = await git.start("ls-remote", `${stack.proxy}/acme/app.git`).ended;
    // No git connection is configured here: known, and told that there is nothing, not asked for a password.
    expect(refused.stderr).not.toMatch(/Authentication|could not read Username/);
  });

  test("ends at once when it is revoked, and the stream that it opened within a second", async () => {
    const client = await H2Client.connect({ proxy: stack.proxy, ca: stack.ca });
    const authorization = `Bearer ${session}`;
    const stream = client.session.request({ ":path": "/api/v3/slow", authorization });
    stream.on("error", () => undefined);
    await once(stream, "data");
    stream.resume();
    const over = new Promise<void>((resolve) => stream.once("close", resolve));
    const since = performance.now();
    expect((await revoke(stack.api, session)).status).toBe(200);
    await over;
    expect(performance.now() - since).toBeLessThan(1000);
    expect(stream.rstCode).not.toBe(0);
    expect((await get("/api/v3/user", authorization)).status).toBe(401);
    client.close();
  });

  test("lets no byte through on HTTP/1.1 a second after it was revoked", async () => {
    const { hostname, port } = new URL(stack.proxy);
    const headers = { authorization: `Bearer ${session}` };
    const request = requestTls({ hostname, port, ca, path: "/api/v3/slow", headers }).end();
    const [response] = await once(request, "response");
    let last = 0;
    response.on("data", () => {
      last = performance.now();
    });
    response.on("error", () => undefined);
    await once(response, "data");
    const since = performance.now();
    await revoke(stack.api, session);
    // Envoy leaves the connection open a while, so that a slow client can still read; nothing more is in it.
    await new Promise<void>((resolve) => response.once("close", resolve));
    expect(last - since).toBeLessThan(1000);
    expect(response.complete).toBe(false);
  });
});

describe("Copilot's inference token", () => {
  test("stays at the gateway: the runner gets a handle, which opens Copilot with the stored credential", async () => {
    const answer = await get("/api/v3/copilot_internal/v2/token", `token ${session}`);
    expect(answer.status).toBe(200);
    const body = JSON.parse(answer.text) as { token: string; endpoints: { api: string } };
    for (const part of ["5ca1ab1e", "9c0ffee", "business"]) expect(answer.text).not.toContain(part);
    expect(body.endpoints.api).toBe(`${stack.proxy}/copilot`);
    const models = await ask(`${body.endpoints.api}/models`, {
      ca,
      headers: { authorization: `Bearer ${body.token}` },
    });
    expect(models.status).toBe(200);
    expect(upstream.seen.at(-1)).toContain(stack.credential);
    expect(upstream.seen.at(-1)).not.toContain(session);
  });
});
