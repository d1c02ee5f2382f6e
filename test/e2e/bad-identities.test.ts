import { readFile } from "node:fs/promises";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../../src/demo/ask.ts";
import { failure } from "../../src/identity/failure.ts";
import { run } from "../support/clients.ts";
import { revoke, sessionFor } from "../support/session.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { type BadIdentity, badIdentities } from "../unit/identity/bad-identities.ts";
import { actionsClaims, Provider, sign, signingKey } from "../unit/identity/provider.ts";

/** Each bad identity, as bytes, to a real Envoy before the real gateway: 401, nothing upstream, and on record. */
const policy = `rules:
  - id: all
    when: { access: read }
    then: [ { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;

let provider: Provider;
let stack: Stack;
let table: readonly BadIdentity[];
let good: string;
let session: string;
let authority: string;

beforeAll(async () => {
  const [key, stranger, elliptic, unaccepted] = await Promise.all([
    signingKey("k1"),
    signingKey("k9"),
    signingKey("k2", "ES256"),
    signingKey("k3", "PS256"),
  ]);
  provider = await Provider.start([key.jwk, elliptic.jwk, unaccepted.jwk]);
  const { issuer } = provider;
  const ci = { name: "ci", issuer, audience: "sallyport", require: { repository_owner_id: "65" } };
  stack = await startStack({ policy, config: { identity: { issuers: [ci] } } });
  const token = (over = {}) => sign({ ...actionsClaims(issuer, Date.now()), ...over }, key);
  const revoked = await sessionFor(stack.api, await token());
  const cancelled = await sessionFor(stack.api, await token({ run_id: "666" }));
  expect((await revoke(stack.api, revoked)).status).toBe(200);
  await endOwnSession(cancelled);
  authority = await readFile(stack.ca, "utf8");
  good = await token();
  session = await sessionFor(stack.api, good);
  const all = await badIdentities({
    issuer,
    key,
    stranger,
    elliptic,
    unaccepted,
    now: Date.now(),
    session,
    // To the gateway one that has ended is one that it does not know; time does not pass here.
    expiredSession: `ghs_${"0".repeat(43)}`,
    revokedSession: revoked,
    revokedRun: "666",
  });
  // Envoy itself cuts the connection of whoever sends a NUL in a header.
  table = all.filter(({ name }) => !name.includes("NUL"));
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  await provider?.stop();
});

async function endOwnSession(token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const listed = await ask(`${stack.api}/oauth2/sessions`, { headers });
  const [own] = (JSON.parse(listed.text) as { sessions: { session: string }[] }).sessions;
  const ended = await ask(`${stack.api}/oauth2/sessions/${own?.session}`, {
    method: "DELETE",
    headers,
    body: "",
  });
  expect(ended.status).toBe(204);
}

/** Sends those header lines as they are, which no HTTP library would, and gives status and head of the answer. */
function send({ headers, path = "/api/v3/user" }: Pick<BadIdentity, "headers" | "path">) {
  const { hostname, port } = new URL(stack.proxy);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), ca: authority });
    let text = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve({ status: Number(text.split(" ")[1]), text }));
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\n${lines}\r\n`);
  });
}
/** The records on standard output. */
function records(): readonly { readonly id: string; decision: string; reason?: string }[] {
  const lines = stack.stdout().split("\n");
  return lines
    .filter((line) => line.startsWith('{"kind":"exchange"'))
    .map((line) => JSON.parse(line));
}
const upstream = () => [stack.upstream.log.length, stack.upstream.bytesReceived()];

test("good ones go through, with the stored credential and no trace of the token", async () => {
  for (const token of [good, session, `tid=${session};exp=1;chat=1`]) {
    const answer = await send({ headers: [["authorization", `Bearer ${token}`]] });
    expect(answer.status).toBe(200);
    const seen = JSON.stringify(stack.upstream.log.at(-1));
    expect(seen).toContain(stack.credential);
    expect(seen).not.toContain(token);
    expect(seen).not.toContain(session.slice(4));
  }
});

test("each of the bad ones gets 401 and sends zero bytes upstream", async () => {
  expect(table.length).toBeGreaterThanOrEqual(60);
  const before = upstream();
  const answers: string[] = [];
  for (const bad of table) {
    const { status } = await send(bad);
    answers.push(`${bad.name}: ${status}`);
  }
  expect(answers).toEqual(table.map(({ name }) => `${name}: 401`));
  expect(upstream()).toEqual(before);
}, 120_000);

test("each of them is on record, with the reason, under the case id that its client was told", async () => {
  const wanted = new Map<string, string>();
  for (const { name, code, ...bad } of table) {
    const { text } = await send(bad);
    const id = /^x-github-request-id: (\S+)\r$/im.exec(text)?.[1] ?? `none for ${name}`;
    wanted.set(id, `${name}: deny: ${failure(code).message}`);
  }
  expect(wanted.size).toBe(table.length);
  const names = new Map([...wanted].map(([id, text]) => [id, text.split(": ")[0]]));
  const written = () =>
    records()
      .filter(({ id }) => wanted.has(id))
      .map(({ id, decision, reason }) => `${names.get(id)}: ${decision}: ${reason}`);
  await expect
    .poll(() => written().sort(), { timeout: 10_000 })
    .toEqual([...wanted.values()].sort());
}, 120_000);

test("git's first request hears how to show a token", async () => {
  const answer = await send({
    headers: [["user-agent", "git/2.39.5"]],
    path: "/acme/app.git/info/refs?service=git-receive-pack",
  });
  expect(answer.status).toBe(401);
  expect(answer.text).toMatch(/^www-authenticate: Basic realm="Sallyport"/im);
});

test("no token is left in anything that was written", async () => {
  const tokens = [good.split(".")[2] ?? "", session.slice(4)];
  for (const token of tokens) {
    expect(stack.stdout() + stack.stderr()).not.toContain(token);
    const cwd = stack.folder.path;
    const grep = await run("grep", ["-rlaF", token, cwd], { cwd });
    expect(grep.stdout).toBe("");
  }
});
