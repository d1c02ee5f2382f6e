import type { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { join } from "node:path";
import { connect as connectTls, createServer, type TlsOptions } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readStats } from "../../src/envoy/admin-client.ts";
import { newAuthority } from "../../src/envoy/certificate.ts";
import { run } from "../support/clients.ts";
import { copilot, copilotArguments } from "../support/copilot.ts";
import { type Folder, temporaryFolder } from "../support/folder.ts";
import { freePort } from "../support/ports.ts";
import { newSession, revoke } from "../support/session.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** Clients that know nothing of the gateway: HTTPS_PROXY with a session token in its URL, and the authority. */
const policy = `rules:
  - id: models
    when: { operation: model.call }
    then: [ { mask: { rules: default } }, { inject: {} }, { record: {} } ]
  - id: topic-branches
    when: { operation: push, attributes: { ref: "refs/heads/topic/**" } }
    then: [ { inject: {} } ]
  - id: reading
    when: { access: read }
    then: [ { mask: { rules: default } }, { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;
const planHosts = ["individual", "business", "enterprise"].map(
  (plan) => `api.${plan}.githubcopilot.com`,
);
const copilotHosts = ["api.githubcopilot.com", ...planHosts];

let stack: Stack;
let home: Folder;
let token: string;
let outside: { readonly port: number; readonly heard: string[]; close(): void };

beforeAll(async () => {
  home = await temporaryFolder();
  outside = await startOutside();
  stack = await startStack({
    policy,
    config: { forward: { tunnels: [`127.0.0.1:${outside.port}`] } },
    copilotHosts,
  });
  token = await newSession(stack);
}, 120_000);
afterAll(async () => {
  outside?.close();
  await stack?.stop();
  await home?.remove();
});

/** A TLS server of nobody's, which answers every line with a greeting and remembers what it heard. */
async function startOutside(): Promise<typeof outside> {
  const { certificate, key } = newAuthority("Outside").issue(["127.0.0.1"]);
  const heard: string[] = [];
  const options: TlsOptions = { cert: certificate, key };
  const server = createServer(options, (socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      heard.push(chunk.toString("latin1"));
      socket.end("HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\noutside");
    });
  });
  server.listen(await freePort(), "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, heard, close: () => server.close() };
}

const proxyUrl = (password?: string): string =>
  password === undefined ? stack.forward : stack.forward.replace("://", `://job:${password}@`);

/** All that a client is told; each finds its authority by the variable that it reads. */
const environment = (password?: string): Readonly<Record<string, string>> => ({
  HTTPS_PROXY: proxyUrl(password),
  SSL_CERT_FILE: stack.ca,
  GIT_SSL_CAINFO: stack.ca,
  NODE_EXTRA_CA_CERTS: stack.ca,
});
const client = (program: string, args: readonly string[], env = environment(token)) =>
  run(program, args, { cwd: home.path, env: { CI: "true", GIT_TERMINAL_PROMPT: "0", ...env } });
const curl = (url: string, env = environment(token), ...more: readonly string[]) =>
  client("curl", ["-sS", "-o", "-", "-w", "%{http_code} %{http_connect}", ...more, url], env);

/** The record of the last CONNECT to that place. */
const connects = (resource: string, decision: string) =>
  stack.collector.span(
    ({ attributes }) =>
      attributes["url.path"] === resource && attributes["sallyport.decision"] === decision,
  );

describe("unmodified clients, with HTTPS_PROXY and the authority and nothing else", () => {
  test("curl", async () => {
    const ended = await curl("https://api.github.com/user");
    expect(ended.stdout).toMatch(/"login":"demo-bot".*200 200$/s);
    expect(stack.upstream.log.at(-1)?.headers["authorization"]).toBe(`token ${stack.credential}`);
    const span = await connects("api.github.com:443", "allow");
    expect(span.attributes["sallyport.operation"]).toEqual("connect.inward");
  });

  test("gh, with any placeholder for a token", async () => {
    const env = { ...environment(token), GH_TOKEN: "ghs_placeholder" };
    const ended = await client("gh", ["api", "user", "--jq", ".login"], env);
    expect(ended).toMatchObject({ code: 0, stdout: "demo-bot\n" });
  });

  test("git: clone, commit, push", async () => {
    const identity = ["-c", "user.name=T", "-c", "user.email=t@example.test"];
    const git = async (...args: readonly string[]) => {
      const ended = await client("git", [...identity, ...args]);
      expect([args[0], ended.code, ended.stderr]).toEqual([args[0], 0, expect.anything()]);
    };
    await git("clone", "-q", "https://github.com/acme/app.git", "app");
    await git("-C", "app", "commit", "-q", "--allow-empty", "-m", "A change");
    await git("-C", "app", "push", "-q", "origin", "HEAD:refs/heads/topic/forward");
    const ended = await client("git", ["ls-remote", "https://github.com/acme/app.git"]);
    expect(ended.stdout).toContain("refs/heads/topic/forward");
  }, 60_000);

  test.skipIf(!existsSync(copilot))(
    "the Copilot CLI",
    async () => {
      const before = stack.upstream.log.length;
      const env = {
        ...environment(token),
        COPILOT_GITHUB_TOKEN: "ghs_placeholder",
        COPILOT_MODEL: "gpt-demo",
      };
      const args = copilotArguments("Say hi.");
      const ended = await client(copilot, args, env);
      expect(ended).toMatchObject({ code: 0 });
      expect(ended.stdout.trim()).not.toBe("");
      const seen = stack.upstream.log.slice(before);
      expect(seen.some(({ method }) => method === "POST")).toBe(true);
      for (const { headers } of seen)
        expect(headers["authorization"]).toMatch(
          new RegExp(`^(Bearer|token) ${stack.credential}$`),
        );
    },
    90_000,
  );

  test("who shows the identity inside the tunnel instead needs none in the URL", async () => {
    const header = ["-H", `Authorization: Bearer ${token}`];
    const ended = await curl("https://api.github.com/user", environment(), ...header);
    expect(ended.stdout).toMatch(/200 200$/);
    const without = await curl("https://api.github.com/user", environment());
    expect(without.stdout).toMatch(/401 200$/);
  });
});

describe("the certificate inside", () => {
  test("names exactly the connections' hosts, every Copilot plan's among them", async () => {
    const socket = await tunnelTo("api.business.githubcopilot.com", token);
    const leaf = socket.getPeerX509Certificate() as X509Certificate;
    const names = leaf.subjectAltName?.split(", ").map((name) => name.replace(/^\w+( \w+)?:/, ""));
    const local = ["localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"];
    expect(names?.filter((name) => !local.includes(name)).sort()).toEqual(
      [...copilotHosts, "api.github.com", "github.com"].sort(),
    );
    socket.destroy();
  });

  test.each(planHosts)("curl to %s", async (host) => {
    expect((await curl(`https://${host}/models`)).stdout).toMatch(/200 200$/);
  });
});

describe("every other host", () => {
  test("is refused, and the record says who wanted where", async () => {
    const ended = await curl("https://example.com/");
    expect([ended.code, ended.stdout]).toEqual([56, "000 403"]);
    const span = await connects("example.com:443", "deny");
    expect(span.attributes["sallyport.operation"]).toEqual("connect.elsewhere");
    expect(span.attributes["user.id"]).toBeDefined();
  });

  test("by plain HTTP as well", async () => {
    const env = { http_proxy: proxyUrl(token) };
    expect((await curl("http://example.com/secret", env)).stdout).toMatch(
      /nowhere else.*403 000$/s,
    );
  });

  test("another port of a guarded host too", async () => {
    expect((await curl("https://api.github.com:8443/")).stdout).toBe("000 403");
  });
});

describe("identity", () => {
  test("a wrong one is asked for again, and recorded", async () => {
    const ended = await curl("https://api.github.com/user", environment(`ghs_${"x".repeat(40)}`));
    expect(ended.stdout).toBe("000 407");
    const span = await connects("api.github.com:443", "deny");
    expect(span.attributes["user.id"]).toBeUndefined();
  });

  test("git without one is asked, since it waits to be", async () => {
    const ended = await client(
      "git",
      ["ls-remote", "https://github.com/acme/app.git"],
      environment(),
    );
    expect(ended.code).toBe(128);
    expect(ended.stderr).toContain("407");
  });

  test("what a client writes inside a tunnel does not change whose tunnel it is", async () => {
    const other = await newSession(stack, { actor: "eve", actor_id: "666" });
    const socket = await tunnelTo("api.github.com", token);
    const basic = Buffer.from(`x:${other}`).toString("base64");
    socket.write(
      `GET /repos/acme/app HTTP/1.1\r\nhost: api.github.com\r\nproxy-authorization: Basic ${basic}\r\n` +
        `x-sallyport-identity: eve\r\nconnection: close\r\n\r\n`,
    );
    const text = await all(socket);
    expect(text).toMatch(/^HTTP\/1\.1 200/);
    const span = await stack.collector.span(
      ({ attributes }) => attributes["url.path"] === "/repos/acme/app",
    );
    expect(JSON.stringify(span.attributes)).not.toContain("666");
    expect(stack.upstream.log.at(-1)?.headers).not.toHaveProperty("proxy-authorization");
  });

  test("revoked, it opens no tunnel, and in an open one nothing more is answered", async () => {
    const brief = await newSession(stack, { run_id: "777" });
    const socket = await tunnelTo("api.github.com", brief);
    await revoke(stack.api, brief);
    socket.write("GET /user HTTP/1.1\r\nhost: api.github.com\r\nconnection: close\r\n\r\n");
    expect(await all(socket)).toMatch(/^HTTP\/1\.1 401/);
    expect((await curl("https://api.github.com/user", environment(brief))).stdout).toBe("000 407");
  });
});

test("an open tunnel holds no stream to the processor, so that a restart cuts none", async () => {
  const admin = readFileSync(join(stack.folder.path, "data/envoy/envoy-admin-address"), "utf8");
  const socket = await tunnelTo("api.github.com", token);
  const active = () => readStats(admin.trim(), "^cluster.sallyport_processor.upstream_rq_active$");
  await expect.poll(async () => [...(await active()).values()]).toEqual([0]);
  socket.destroy();
});

describe("a listed tunnel", () => {
  test("is untouched: the host's own certificate, the client's own bytes, and a record", async () => {
    const place = `127.0.0.1:${outside.port}`;
    const ended = await curl(`https://${place}/x`, environment(token), "-k", "--noproxy", "");
    expect(ended.stdout).toBe("outside200 200");
    expect(outside.heard.join("")).toContain("GET /x HTTP/1.1");
    expect(outside.heard.join("")).not.toMatch(/proxy-authorization|sallyport/i);
    const span = await connects(place, "allow");
    expect(span.attributes["sallyport.operation"]).toEqual("connect.tunnel");
    expect(span.attributes["user.id"]).toBeDefined();
  });

  test("is for known callers alone", async () => {
    const url = `https://127.0.0.1:${outside.port}/`;
    expect((await curl(url, environment(), "-k", "--noproxy", "")).stdout).toBe("000 407");
  });
});

/** TLS to that host through a CONNECT with this password. */
async function tunnelTo(host: string, password: string) {
  const { hostname, port } = new URL(stack.forward);
  const tcp = connectTcp(Number(port), hostname);
  const basic = Buffer.from(`job:${password}`).toString("base64");
  tcp.write(
    `CONNECT ${host}:443 HTTP/1.1\r\nhost: ${host}:443\r\nproxy-authorization: Basic ${basic}\r\n\r\n`,
  );
  const [head] = (await once(tcp, "data")) as [Buffer];
  expect(head.toString("latin1")).toMatch(/^HTTP\/1\.1 200/);
  const socket = connectTls({ socket: tcp, servername: host, ca: readFileSync(stack.ca) });
  await once(socket, "secureConnect");
  return socket;
}

async function all(socket: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += (chunk as Buffer).toString("latin1");
  return text;
}
