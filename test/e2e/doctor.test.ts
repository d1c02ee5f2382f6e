import { readFileSync, writeFileSync } from "node:fs";
import { createServer as createPlain } from "node:http";
import { createServer as createSecure } from "node:https";
import type { Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newAuthority } from "../../src/envoy/certificate.ts";
import { run } from "../support/clients.ts";
import { sallyport } from "../support/command.ts";
import { type Folder, temporaryFolder } from "../support/folder.ts";
import { freePort, listenLocally } from "../support/ports.ts";
import { newSession } from "../support/session.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** `sallyport doctor` on setups that work, and on setups that are broken in one way each. */
const reading = `rules:
  - id: reading
    when: { access: read }
    then: [ { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;

let stack: Stack;
let folder: Folder;
let token: string;
const open: Server[] = [];
const made = (name: string): string => join(folder.path, name);

beforeAll(async () => {
  folder = await temporaryFolder();
  stack = await startStack({ policy: reading });
  token = await newSession(stack);
  writeFileSync(made("no.pem"), "hello");
  writeFileSync(made("old.pem"), newAuthority("Old", -1).certificate);
  writeFileSync(made("other.pem"), newAuthority("Other").certificate);
}, 120_000);
afterAll(async () => {
  for (const server of open) server.close();
  await stack?.stop();
  await folder?.remove();
});

type Environment = Readonly<Record<string, string>>;

/** What a runner has whose setup is right, for either way. */
const reverse = (): Environment => ({
  SALLYPORT_GATEWAY: stack.proxy,
  GH_ENTERPRISE_TOKEN: token,
  NODE_EXTRA_CA_CERTS: stack.ca,
});
const forward = (password = token): Environment => ({
  HTTPS_PROXY: stack.forward.replace("://", `://job:${password}@`),
  SSL_CERT_FILE: stack.ca,
});

const doctor = (env: Environment, ...args: readonly string[]) =>
  sallyport(["doctor", ...args], { env, cwd: folder.path });

/** A server of this test's on 127.0.0.1. */
async function listening(server: Server): Promise<string> {
  open.push(server);
  return `127.0.0.1:${await listenLocally(server)}`;
}

/** A TLS server that is not the gateway, with a certificate for that name, and the environment that points to it. */
async function impostor(name: string, days?: number, date?: string): Promise<Environment> {
  const authority = newAuthority("Impostor");
  const { certificate, key } = authority.issue([name], days);
  const server = createSecure({ cert: certificate, key }, (_, response) => {
    if (date !== undefined) response.sendDate = false;
    response.writeHead(200, date === undefined ? {} : { date }).end("hello");
  });
  const file = made(`impostor-${crypto.randomUUID()}.pem`);
  writeFileSync(file, authority.certificate);
  return {
    ...reverse(),
    SALLYPORT_GATEWAY: `https://${await listening(server)}`,
    NODE_EXTRA_CA_CERTS: file,
  };
}

describe("setups that work", () => {
  test("by reverse proxy and by forward proxy: every hop is told, and the exit code is 0", async () => {
    const ended = await doctor({ ...reverse(), ...forward() });
    expect(ended, ended.err).toMatchObject({ status: 0, err: "" });
    expect([...ended.out.matchAll(/^ok {4}([^:]+):/gm)].map(([, check]) => check)).toEqual([
      ...["setup", "authority", "gateway", "certificate", "token", "call"],
      ...["proxy setting", "proxy token", "tunnel", "inner certificate", "proxy call"],
    ]);
    expect(ended.out).not.toContain(token);
  });

  test("with an id token, and as JSON", async () => {
    const env = { ...reverse(), GH_ENTERPRISE_TOKEN: await stack.issuer.token() };
    const ended = await doctor(env, "--json");
    const steps = ended.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(steps.every(({ ok }) => ok)).toBe(true);
    expect(steps.at(-1)).toMatchObject({ check: "call", ok: true });
  });
});

type Broken = readonly [string, () => Environment | Promise<Environment>, string];

const broken: readonly Broken[] = [
  ["no gateway is named", () => ({}), "No gateway is named"],
  ["the address is no URL", () => ({ SALLYPORT_GATEWAY: "https://" }), "is not a URL"],
  [
    "the address has another scheme",
    () => ({ SALLYPORT_GATEWAY: "http://x" }),
    "must begin with https://",
  ],
  [
    "the authority's file is not there",
    () => ({ ...reverse(), NODE_EXTRA_CA_CERTS: made("none.pem") }),
    "cannot be read",
  ],
  [
    "the authority's file holds none",
    () => ({ ...reverse(), NODE_EXTRA_CA_CERTS: made("no.pem") }),
    "holds no certificate",
  ],
  [
    "the authority has expired",
    () => ({ ...reverse(), NODE_EXTRA_CA_CERTS: made("old.pem") }),
    "has expired",
  ],
  [
    "one client's variable points nowhere",
    () => ({ ...reverse(), GIT_SSL_CAINFO: made("none.pem") }),
    "GIT_SSL_CAINFO names",
  ],
  [
    "the name cannot be resolved",
    () => ({ ...reverse(), SALLYPORT_GATEWAY: "https://gateway.invalid" }),
    "gateway.invalid cannot be resolved",
  ],
  [
    "nobody listens",
    async () => ({ ...reverse(), SALLYPORT_GATEWAY: `https://127.0.0.1:${await freePort()}` }),
    "Nobody answers at 127.0.0.1",
  ],
  [
    "a server without TLS",
    async () => ({ ...reverse(), SALLYPORT_GATEWAY: `https://${await listening(createPlain())}` }),
    "does not speak TLS",
  ],
  [
    "an authority that is not ours",
    () => ({ ...reverse(), NODE_EXTRA_CA_CERTS: made("other.pem") }),
    "authority that is not trusted",
  ],
  [
    "a certificate for another name",
    () => impostor("gateway.example"),
    "The certificate is not for 127.0.0.1",
  ],
  [
    "a certificate that has expired",
    () => impostor("127.0.0.1", -1),
    "The certificate of 127.0.0.1 has expired",
  ],
  ["something else that answers", () => impostor("127.0.0.1"), "is not Sallyport"],
  [
    "a clock that is wrong",
    () => impostor("127.0.0.1", 30, "Mon, 01 Jan 2024 00:00:00 GMT"),
    "clock",
  ],
  ["no token", () => ({ ...reverse(), GH_ENTERPRISE_TOKEN: "" }), "There is no token"],
  [
    "a token of GitHub's own",
    () => ({ ...reverse(), GH_ENTERPRISE_TOKEN: `${"gh"}p_${"x".repeat(36)}` }),
    "GitHub's own",
  ],
  [
    "a token that is none",
    () => ({ ...reverse(), GH_ENTERPRISE_TOKEN: "hello" }),
    "neither an id token nor a session token",
  ],
  [
    "an id token that has expired",
    async () => ({
      ...reverse(),
      GH_ENTERPRISE_TOKEN: await stack.issuer.token({ exp: 1_700_000_000 }),
    }),
    "The id token has expired",
  ],
  [
    "an id token for somebody else",
    async () => ({ ...reverse(), GH_ENTERPRISE_TOKEN: await stack.issuer.token({ aud: "other" }) }),
    "another audience",
  ],
  [
    "a session that is not known",
    () => ({ ...reverse(), GH_ENTERPRISE_TOKEN: `ghs_${"x".repeat(40)}` }),
    "unknown, expired or revoked",
  ],
  [
    "a forward proxy that does not know the caller",
    () => forward(`ghs_${"x".repeat(40)}`),
    "The forward proxy does not know this caller",
  ],
  [
    "a forward proxy that is none",
    async () => ({
      ...forward(),
      HTTPS_PROXY: `http://job:${token}@${await listening(createPlain((_, r) => r.end()))}`,
    }),
    "is not Sallyport's forward proxy",
  ],
  [
    "a forward proxy's authority that is not ours",
    () => ({ ...forward(), SSL_CERT_FILE: made("other.pem") }),
    "authority that is not trusted",
  ],
  [
    "NO_PROXY takes GitHub out",
    () => ({ ...forward(), NO_PROXY: "localhost,.github.com" }),
    "NO_PROXY keeps api.github.com away",
  ],
];

test("as a program it ends with its answer, whatever connections it made", async () => {
  const main = join(import.meta.dirname, "../../src/main.ts");
  const args = [main, "doctor", "--gateway", stack.proxy, "--ca", stack.ca];
  const env = { SALLYPORT_TOKEN: token };
  expect((await run(process.execPath, args, { cwd: folder.path, env })).code).toBe(0);
});

describe("broken setups: one sentence, and exit code 1", () => {
  test.each(broken)("%s", async (_, env, sentence) => {
    const ended = await doctor(await env());
    expect(ended.status).toBe(1);
    const lines = ended.err.trim().split("\n");
    expect([lines.length, lines[0]]).toEqual([1, expect.stringMatching(/^FAULT [a-z ]+: .+\.$/)]);
    expect(lines[0]).toContain(sentence);
    expect(ended.out + ended.err).not.toContain(token);
  });
});

describe("a gateway that is broken itself", () => {
  const says = (sentence: string) =>
    expect
      .poll(async () => (await doctor(reverse())).err, { timeout: 30_000, interval: 200 })
      .toContain(sentence);

  test("by a policy that lets nobody read", async () => {
    writeFileSync(
      stack.policyFile,
      'rules: []\notherwise: [ { deny: { reason: "Nobody may." } } ]\n',
    );
    await says("policy lets it read nothing here: Nobody may");
    writeFileSync(stack.policyFile, reading);
    await expect.poll(async () => (await doctor(reverse())).status, { timeout: 30_000 }).toBe(0);
  }, 60_000);

  test("by an upstream out of reach, and by a processor that is gone", async () => {
    await stack.upstream.close();
    await says("cannot reach its upstream");
    stack.process.kill("SIGKILL");
    await says("The gateway cannot decide");
  }, 60_000);
});

test("there are fifteen broken setups at least, and the gateway's CA is none of them", () => {
  expect(broken.length).toBeGreaterThanOrEqual(15);
  expect(readFileSync(stack.ca, "utf8")).toContain("BEGIN CERTIFICATE");
});
