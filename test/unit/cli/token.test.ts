import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { oauth2 } from "../../../src/api/oauth2.ts";
import { tokenSessions } from "../../../src/api/oauth2-sessions.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { Secret } from "../../../src/base/secret.ts";
import type { Io } from "../../../src/cli/command.ts";
import { run } from "../../../src/cli/token.ts";
import { tokenSeal } from "../../../src/cli/token-seal.ts";
import { tokenList, tokenRevoke } from "../../../src/cli/token-sessions.ts";
import { unseal } from "../../../src/credentials/seal.ts";
import { createAuthenticator } from "../../../src/identity/authenticator.ts";
import { byHeader } from "../../../src/identity/by-header.ts";
import { tokenExchange } from "../../../src/identity/exchange.ts";
import { oidcIssuers } from "../../../src/identity/oidc.ts";
import { fileSessions } from "../../../src/identity/sessions/file.ts";
import { listenLocally } from "../../support/ports.ts";
import { KeptAudit } from "../identity/kept-audit.ts";
import {
  actionsClaims,
  Provider,
  type SigningKey,
  sign,
  signingKey,
} from "../identity/provider.ts";

let dir: string;
let key: SigningKey;
let provider: Provider;
let gateway: Server;
let runner: Server;
let out: string[];
let err: string[];

const origin = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const jobToken = (claims = {}) =>
  sign({ ...actionsClaims(provider.issuer, Date.now()), ...claims }, key);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "token-cli-"));
  key = await signingKey("k1");
  provider = await Provider.start([key.jwk]);
  const sessions = await fileSessions(dir, systemClock);
  const config = { name: "actions", issuer: provider.issuer, audience: "sallyport" };
  const issuers = oidcIssuers([config], { clock: systemClock, fetch });
  const authenticate = byHeader(createAuthenticator({ issuers, sessions }));
  const exchange = tokenExchange({
    clock: systemClock,
    sessions,
    audit: new KeptAudit(),
    issuers,
    lifetime: 3600_000,
  });
  const app = new Hono();
  app.route("/", oauth2({ clock: systemClock, exchange }));
  app.route("/oauth2/sessions", tokenSessions({ exchange, authenticate, administrators: [] }));
  gateway = createServer(getRequestListener(app.fetch));
  // The service of GitHub Actions that gives a job its id token.
  runner = createServer(async (request, response) => {
    const audience = new URL(request.url ?? "", "http://runner").searchParams.get("audience");
    if (request.headers.authorization !== "Bearer job-key")
      return void response.writeHead(401).end();
    response.end(JSON.stringify({ count: 1, value: await jobToken({ aud: audience }) }));
  });
  await Promise.all([listenLocally(gateway), listenLocally(runner)]);
});
afterAll(async () => {
  gateway.close();
  runner.close();
  await provider.stop();
  await rm(dir, { recursive: true });
});
beforeEach(() => {
  out = [];
  err = [];
});

function io(env: Record<string, string> = {}): Io {
  return {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    env: { SALLYPORT_API: origin(gateway), ...env },
    cwd: dir,
    stdin: process.stdin,
    stdout: process.stdout,
  };
}
const actions = () => ({
  ACTIONS_ID_TOKEN_REQUEST_URL: `${origin(runner)}/token?api-version=2.0`,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: "job-key",
});

describe("sallyport token", () => {
  it("exchanges the identity of a GitHub Actions job and prints the token", async () => {
    expect(await run([], io(actions()))).toBe(0);
    expect(out).toEqual([expect.stringMatching(/^ghs_[A-Za-z0-9]{43}$/)]);
  });

  it("takes GitLab's variable, or a file, and prints JSON", async () => {
    expect(await run(["--json"], io({ SALLYPORT_ID_TOKEN: await jobToken() }))).toBe(0);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({ expires_in: expect.any(Number) });
    await writeFile(join(dir, "id-token"), `${await jobToken()}\n`);
    expect(await run(["--id-token-file", "id-token"], io())).toBe(0);
  });

  it("hands the token to later steps of the job, masked in its log", async () => {
    const file = join(dir, "github-env");
    await writeFile(file, "A=1\n");
    const args = ["--github-env", "COPILOT_GITHUB_TOKEN", "--github-env", "GH_TOKEN"];
    expect(await run(args, io({ ...actions(), GITHUB_ENV: file }))).toBe(0);
    const token = out[0]?.replace("::add-mask::", "");
    expect(out).toEqual([`::add-mask::${token}`]);
    expect(await readFile(file, "utf8")).toBe(
      `A=1\nCOPILOT_GITHUB_TOKEN=${token}\nGH_TOKEN=${token}\n`,
    );
  });

  it("writes the token to a file that its owner alone may read, and prints nothing", async () => {
    await writeFile(join(dir, "session"), "old", { mode: 0o644 });
    expect(await run(["--out", "session"], io(actions()))).toBe(0);
    expect((await stat(join(dir, "session"))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(dir, "session"), "utf8")).toMatch(/^ghs_\w+\n$/);
    expect(out).toEqual([]);
  });

  it.each<[string, string[], () => Promise<Record<string, string>>, 1 | 2, RegExp]>([
    [
      "the gateway says no",
      ["--audience", "other"],
      async () => actions(),
      1,
      /400: The token was made for another audience/,
    ],
    ["there is no identity", [], async () => ({}), 2, /there is no identity/],
    [
      "Actions gives none",
      [],
      async () => ({ ...actions(), ACTIONS_ID_TOKEN_REQUEST_TOKEN: "x" }),
      2,
      /gave no id token \(401\)/,
    ],
    [
      "the gateway is not there",
      ["--api", "http://127.0.0.1:1"],
      async () => actions(),
      2,
      /cannot be asked/,
    ],
    [
      "the token would go in the clear",
      ["--api", "http://gateway.test"],
      async () => actions(),
      2,
      /only sent over https/,
    ],
    [
      "a name would break out of the job's file",
      ["--github-env", "A\nB"],
      async () => ({ ...actions(), GITHUB_ENV: "/dev/null" }),
      2,
      /name of an environment variable/,
    ],
    ["an option is unknown", ["--nope"], async () => ({}), 2, /nope/],
  ])("says so when %s", async (_, args, env, status, words) => {
    expect(await run(args, io(await env()))).toBe(status);
    expect(err.join("\n")).toMatch(words);
    expect(err.join("\n")).not.toMatch(/ghs_|eyJ/);
  });
});

describe("sallyport token list and revoke", () => {
  it("show a run its tokens and end them", async () => {
    await run([], io({ SALLYPORT_ID_TOKEN: await jobToken({ run_id: "7" }) }));
    const SALLYPORT_TOKEN = out.pop() ?? "";
    expect(await tokenList.run([], io({ SALLYPORT_TOKEN }))).toBe(0);
    expect(out).toHaveLength(1);
    expect(out[0]).toMatch(/^grt_\S+ {2}ses_\S+ {2}actions:\S+ {2}acme\/app run 7 {2}until /);
    const id = out[0]?.split(" ")[0] ?? "";
    expect(await tokenRevoke.run([id], io({ SALLYPORT_TOKEN }))).toBe(0);
    expect(await tokenList.run([], io({ SALLYPORT_TOKEN }))).toBe(1);
    expect(err.at(-1)).toMatch(/unknown, expired or revoked/);
  });

  it("refuse what is no id", async () => {
    expect(await tokenRevoke.run(["x"], io({ SALLYPORT_TOKEN: "x" }))).toBe(2);
    expect(await tokenRevoke.run([], io({ SALLYPORT_TOKEN: "x" }))).toBe(2);
    expect(await tokenList.run([], io())).toBe(2);
  });
});

describe("sallyport token seal", () => {
  it("reads a token from standard input and prints what opens for its credential alone", async () => {
    const key = Buffer.alloc(32, 7).toString("base64");
    const stdin = Readable.from(["stored-value\n"]);
    const sealing = { ...io({ SALLYPORT_SEALING_KEY: key }), stdin };
    expect(await tokenSeal.run(["--credential", "org"], sealing)).toBe(0);
    const opened = unseal(out[0] ?? "", "org", new Secret(key));
    expect(opened.ok && opened.value.reveal()).toBe("stored-value");
    expect(await tokenSeal.run([], sealing)).toBe(2);
    expect(await tokenSeal.run(["--credential", "org"], io())).toBe(2);
  });
});
