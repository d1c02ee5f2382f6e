import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { Secret } from "../../src/base/secret.ts";
import { seal } from "../../src/credentials/seal.ts";
import { ask } from "../../src/demo/ask.ts";
import { type Folder, temporaryFolder } from "../support/folder.ts";
import { listenLocally } from "../support/ports.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { newSession } from "../support/session.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { insideOf, places } from "../support/traces.ts";
import { GithubServer } from "../unit/credentials/github-server.ts";

/** A sealed file, Copilot's own token and a GitHub App, on Redis: what upstreams see of them, and that nobody else does. */
const policy = `rules:
  - id: copilot-token
    when: { operation: copilot.token }
    then: [ { inject: {} } ]
  - id: issues
    when: { operation: issue.write }
    then: [ { inject: { credential: app, permissions: { issues: write }, repositories: [app, lib] } } ]
  - id: more-than-it-may
    when: { operation: "pull_request.create" }
    then: [ { inject: { credential: app, permissions: { secrets: write } } } ]
  - id: files
    when: { resource: "github.com/**", access: read }
    then: [ { inject: { credential: app } } ]
  - id: models
    when: { operation: model.call }
    then: [ { inject: {} } ]
  - id: reading
    when: { access: read }
    then: [ { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;
const pat = `github_${"pat"}_${randomBytes(20).toString("hex")}`;
const signature = randomBytes(32).toString("hex");
const inference = `tid=${randomBytes(16).toString("hex")};exp=1900000000;sku=seat;chat=1;proxy-ep=x:${signature}`;
const sealingKey = randomBytes(32).toString("base64");

/** GitHub and Copilot as far as credentials go: each door opens to its own credential, and says what it was shown. */
class Upstream {
  readonly #server: Server;
  readonly seen: { line: string; authorization: string }[] = [];
  constructor() {
    this.#server = createServer((request, response) => {
      const { authorization = "" } = request.headers;
      const line = `${request.method} ${request.url}`;
      this.seen.push({ line, authorization });
      const [status, body] = this.#answer(line, authorization);
      request.resume().on("end", () => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(body));
      });
    });
  }
  #answer(line: string, authorization: string): [number, object] {
    const endpoints = {
      api: "https://api.business.githubcopilot.com",
      telemetry: "https://telemetry.business.githubcopilot.com",
      proxy: "https://proxy.business.githubcopilot.com",
    };
    switch (line) {
      case "GET /copilot_internal/v2/token":
        if (authorization !== `token ${pat}`) return [401, { message: "Bad credentials" }];
        return [
          200,
          { token: inference, expires_at: 1_900_000_000, refresh_in: 1500, endpoints, note: pat },
        ];
      case "GET /copilot_internal/user":
        if (authorization !== `token ${pat}`) return [401, { message: "Bad credentials" }];
        return [200, { login: "demo-bot", chat_enabled: true, endpoints }];
      case "POST /chat/completions":
      case "GET /models":
        if (authorization !== `Bearer ${inference}`) return [401, { message: "No" }];
        return [200, { id: "1", data: [], echo: `You sent ${authorization}` }];
      default:
        return [200, { echo: authorization, coded: Buffer.from(authorization).toString("base64") }];
    }
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
let folder: Folder;
let redis: TestRedis;
let github: GithubServer;
let stack: Stack;
let ca: string;
let appKey: string;
let session: string;
/** Every answer that the runner was given. */
const told = new Map<string, string>();

beforeAll(async () => {
  folder = await temporaryFolder();
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  appKey = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const file = (name: string) => join(folder.path, name);
  await writeFile(file("app.pem"), appKey, { mode: 0o600 });
  const sealed = seal(new Secret(pat), "pat", new Secret(sealingKey));
  await writeFile(file("pat.sealed"), sealed, { mode: 0o600 });
  await writeFile(file("sealing-key"), sealingKey, { mode: 0o600 });
  [redis, github] = await Promise.all([startRedis(), GithubServer.start(systemClock)]);
  github.keys = [publicKey.export({ type: "spki", format: "pem" }).toString()];
  const url = await upstream.listen();
  const app = {
    appId: "7",
    key: `file:${file("app.pem")}`,
    installation: "42",
    permissions: { contents: "write", issues: "write" },
    api: github.api.href,
  };
  stack = await startStack({
    policy,
    config: {
      state: { kind: "redis", url: redis.url },
      credentials: [
        {
          name: "pat",
          source: { sealed: { path: file("pat.sealed"), key: `file:${file("sealing-key")}` } },
        },
        { name: "copilot", source: { copilotToken: { credential: "pat", api: url } } },
        { name: "app", source: { githubApp: app }, hosts: [new URL(url).host] },
      ],
      connections: [
        {
          name: "api",
          kind: "github-api",
          hosts: ["api.github.com"],
          upstream: url,
          credential: "pat",
        },
        {
          name: "copilot",
          kind: "copilot",
          hosts: ["api.githubcopilot.com"],
          upstream: url,
          credential: "copilot",
        },
      ],
    },
  });
  ca = readFileSync(stack.ca, "utf8");
  session = await newSession(stack);
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  await Promise.all([redis?.stop(), github?.stop()]);
  upstream.close();
  await folder?.remove();
});

async function call(path: string, body?: object, token = session) {
  const url = path.startsWith("https:") ? path : stack.proxy + path;
  const answer = await ask(url, {
    ca,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
  told.set(`${told.size} ${path}`, JSON.stringify([answer.headers, answer.text]));
  return { status: answer.status, text: answer.text, body: JSON.parse(answer.text) };
}

describe("Copilot's own token endpoint", () => {
  test("gives the runner a handle, which opens Copilot, where the real token arrives", async () => {
    const { status, body, text } = await call("/api/v3/copilot_internal/v2/token");
    expect(status).toBe(200);
    expect(upstream.seen.at(-1)?.authorization).toBe(`token ${pat}`);
    expect(places(signature, new Map([["answer", text]]))).toEqual([]);
    expect(body.token).toBe(`tid=${session};exp=1900000000;sku=seat;chat=1;`);
    const here = `${stack.proxy}/copilot`;
    expect(body.endpoints).toEqual({ api: here, telemetry: here, proxy: here });
    const messages = [{ role: "user", content: "Hello" }];
    for (const [path, asked] of [
      ["/chat/completions", { model: "demo", messages }],
      ["/models", undefined],
    ] as const) {
      const answer = await call(body.endpoints.api + path, asked, body.token);
      expect(answer.status).toBe(200);
      expect(upstream.seen.at(-1)?.authorization).toBe(`Bearer ${inference}`);
      expect(answer.text).toContain("[REDACTED:credential");
    }
  });

  test("points the account's endpoints to the gateway too", async () => {
    const { status, body } = await call("/api/v3/copilot_internal/user");
    expect([status, body.login, body.chat_enabled]).toEqual([200, "demo-bot", true]);
    const here = `${stack.proxy}/copilot`;
    expect(body.endpoints).toEqual({ api: here, telemetry: here, proxy: here });
  });
});

describe("a GitHub App's token", () => {
  test("is minted for what the request touches, and only to read where it reads", async () => {
    expect((await call("/api/v3/repos/acme/lib/contents/a.txt")).status).toBe(200);
    expect(github.minted.at(-1)?.asked).toEqual({
      permissions: { contents: "read", issues: "read" },
      repositories: ["lib"],
    });
    expect(upstream.seen.at(-1)?.authorization).toBe(`token ${github.minted.at(-1)?.token}`);
  });

  test("is minted for the permissions and repositories that a rule names", async () => {
    expect((await call("/api/v3/repos/acme/app/issues", { title: "t" })).status).toBe(200);
    expect(github.minted.at(-1)?.asked).toEqual({
      permissions: { issues: "write" },
      repositories: ["app", "lib"],
    });
  });

  test("is not minted for more than the config gives, nor for a repository beside the rule's", async () => {
    const before = [github.minted.length, upstream.seen.length];
    const pull = { title: "t", head: "a", base: "b" };
    expect((await call("/api/v3/repos/acme/app/pulls", pull)).status).toBe(503);
    expect((await call("/api/v3/repos/acme/other/issues", { title: "t" })).status).toBe(503);
    expect([github.minted.length, upstream.seen.length]).toEqual(before);
  });
});

test("none of them is anywhere: answers, logs, spans, records, files, processes, Redis", async () => {
  const client = redis.client();
  const keys = await client.keys("*");
  const dumps = await Promise.all(
    keys.map(
      async (key) =>
        [`Redis ${key}`, `${key}${(await client.dumpBuffer(key))?.toString("latin1")}`] as const,
    ),
  );
  client.disconnect();
  expect(keys.some((key) => key.includes("sallyport-sessions"))).toBe(true);
  const everywhere = new Map([...told, ...(await insideOf(stack)), ...dumps]);
  for (const place of ["wal", "envoy.log", "standard output", "spans", "config_dump"])
    expect([...everywhere.keys()].join("\n")).toContain(place);
  const minted = github.minted.map(({ token }) => token);
  expect(minted.length).toBeGreaterThan(1);
  const keyLines = appKey.split("\n").slice(1, -2);
  // Of a session token the runner's own answers speak: it is the handle that it is given.
  const own = new Map([...everywhere].filter(([name]) => !told.has(name)));
  expect(places(session, own)).toEqual([]);
  for (const secret of [pat, inference, signature, sealingKey, ...minted, ...keyLines])
    expect(places(secret, everywhere)).toEqual([]);
  // The search finds what is there.
  const upstreams = new Map([["upstream", JSON.stringify(upstream.seen)]]);
  for (const secret of [pat, signature, ...minted.slice(0, 1)])
    expect(places(secret, upstreams)).toEqual(["upstream"]);
});
