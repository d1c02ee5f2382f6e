import { readdirSync, readFileSync } from "node:fs";
import { readdir, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import { newAuthority } from "../../src/envoy/certificate.ts";
import { type Ended, Git, run } from "../support/clients.ts";
import { type Folder, temporaryFolder } from "../support/folder.ts";
import { freePort, listenLocally } from "../support/ports.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** Whatever keeps the gateway from starting: it says so in one clear sentence, ends with 2, and leaves nothing running. */
vi.setConfig({ testTimeout: 90_000 });
const main = join(import.meta.dirname, "..", "..", "src", "main.ts");
const policy = "rules: []\notherwise: [ { deny: {} } ]\n";
const free = "127.0.0.1:0";
const listen = { proxy: free, forward: free, api: free, metrics: free };
const connections = [
  {
    name: "github-api",
    kind: "github-api",
    hosts: ["api.github.com"],
    upstream: "https://api.github.com",
  },
];

let folder: Folder;
/** Somebody else's, on a port and on a socket. */
let others: readonly Server[];
let taken: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  const [tcp, unix] = [createServer(), createServer()];
  taken = `127.0.0.1:${await listenLocally(tcp)}`;
  await new Promise<void>((resolve) => unix.listen(join(folder.path, "busy.sock"), resolve));
  others = [tcp, unix];
});
beforeEach(() => writeFile(join(folder.path, "policy.yaml"), policy));
afterAll(async () => {
  for (const server of others ?? []) server.close();
  await folder?.remove();
});

type Mapping = Readonly<Record<string, unknown>>;

/** Runs `start` (or another command) on this config, with nothing of the environment but PATH. */
async function start(config: Mapping | string, env = {}, command = "start"): Promise<Ended> {
  const text = typeof config === "string" ? config : stringify({ listen, connections, ...config });
  await writeFile(join(folder.path, "sallyport.yaml"), text);
  const args = [main, command, "--config", "sallyport.yaml"];
  const ended = await run(process.execPath, args, { cwd: folder.path, env });
  expect(running(), "processes left").toEqual([]);
  return ended;
}

/** Command lines of the processes that still have to do with our folder. */
function running(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return line.includes(folder.path) ? [line] : [];
      } catch {
        return [];
      }
    });
}

/** One sentence (or so many lines), status 2, and not a word on standard output. */
function refused({ code, stdout, stderr }: Ended, ...lines: readonly (string | RegExp)[]): void {
  const said = stderr.trimEnd().split("\n");
  expect([code, stdout, said.length], stderr).toEqual([2, "", lines.length]);
  for (const [index, line] of lines.entries()) {
    if (typeof line === "string") expect(said[index]).toBe(line);
    else expect(said[index]).toMatch(line);
  }
}

const inUse = (address: string): string =>
  `${address} is in use by another process: stop it, or choose another port under "listen".`;

describe("the gateway does not start", () => {
  test("without an Envoy", async () => {
    const ended = await start({}, { ENVOY: "/nowhere/envoy" });
    refused(ended, "ENVOY is set, but /nowhere/envoy cannot be run.");
    expect(await readdir(folder.path)).not.toContain("data");
  });

  test("with an Envoy that is too old", async () => {
    const old = join(folder.path, "old-envoy");
    await writeFile(old, "#!/bin/sh\necho 'envoy  version: abc/1.30.0/Clean/RELEASE/BoringSSL'\n", {
      mode: 0o755,
    });
    refused(await start({}, { ENVOY: old }), /^ENVOY is set, but .* is version 1\.30\.0, older/);
  });

  test("on a bad config: every mistake at once, each with its line and column", async () => {
    const text = `listen: { proxy: nope, forwrd: "1:2" }
connections:
  - { name: Git Hub, kind: git, hosts: [github.com], upstream: "ftp://github.com" }
credentials:
  - { name: a, source: { env: A, file: ./b }, scheme: bearer }
policy: 3
`;
    const at = (place: string, words: string) =>
      new RegExp(`/sallyport\\.yaml:${place}: .*${words}`);
    refused(
      await start(text),
      at("1:18", "must be host:port"),
      at("1:24", 'unknown key "forwrd" \\(did you mean "forward"\\?\\)'),
      at("3:13", "must be a name"),
      at("3:64", "must be an http or https URL"),
      at("5:24", "exactly one of env, file, sealed, githubApp, vault, copilotToken"),
      at("6:9", "expected text"),
    );
  });

  test("with a credential whose variable is not set, or an identity provider that nobody described", async () => {
    const credentials = [{ name: "pat", source: { env: "NOT_SET" } }];
    refused(
      await start({ credentials }),
      /credential pat: environment variable NOT_SET: it is not set$/,
    );
    const saml = { name: "corp", metadata: "file:nowhere.xml" };
    refused(await start({ identity: { saml } }), /\/nowhere\.xml cannot be read$/);
  });

  test("without a config", async () => {
    const args = [main, "start", "--config", "nowhere.yaml"];
    refused(
      await run(process.execPath, args, { cwd: folder.path }),
      "There is no config file nowhere.yaml: name one with --config.",
    );
  });

  test.each(["proxy", "forward", "api", "extproc"])(
    "while the port of %s is taken",
    async (part) => {
      refused(await start({ listen: { ...listen, [part]: taken } }), inUse(taken));
    },
  );

  test("while another process lives on its socket, which is left alone", async () => {
    const socket = `unix:${join(folder.path, "busy.sock")}`;
    refused(await start({ listen: { ...listen, extproc: "unix:busy.sock" } }), inUse(socket));
    expect(await readdir(folder.path)).toContain("busy.sock");
  });

  test("where two parts are to have one port", async () => {
    const same = `127.0.0.1:${await freePort()}`;
    refused(
      await start({ listen: { ...listen, proxy: same, api: same } }),
      `${same} is asked for twice under "listen": choose another port for one of them.`,
    );
  });

  test("without its policy, or with one that cannot be read", async () => {
    refused(
      await start({ policy: "nowhere.yaml" }),
      /\/nowhere\.yaml:1:1: there is no such file or folder$/,
    );
    await symlink("loop.yaml", join(folder.path, "loop.yaml"));
    refused(await start({ policy: "loop.yaml" }), /\/loop\.yaml:1:1: cannot be read \(ELOOP\)$/);
  });

  test("on a bad policy: every mistake at once, each with its line and column", async () => {
    await writeFile(
      join(folder.path, "policy.yaml"),
      "rules:\n  - id: one\n    whn: { access: read }\n    then: [ { alow: {} } ]\notherwise: [ { deny: {} } ]\n",
    );
    const ended = await start({});
    expect(ended.stderr.trimEnd().split("\n").length).toBeGreaterThan(1);
    expect([ended.code, ended.stdout]).toEqual([2, ""]);
    expect(ended.stderr).toMatch(/\/policy\.yaml:3:5: .*whn/);
    expect(ended.stderr).toMatch(/\/policy\.yaml:4:1\d: .*alow/);
  });

  test("with a certificate that is missing, is none, or has another's key", async () => {
    const [one, two] = [newAuthority("one"), newAuthority("two")];
    await writeFile(join(folder.path, "one.pem"), one.certificate);
    await writeFile(join(folder.path, "two.key"), two.key);
    const tls = (certificate: string, key: string) => ({
      tls: { certificate: `file:${certificate}`, key: `file:${key}` },
    });
    refused(await start(tls("no.pem", "two.key")), /^The certificate .*\/no\.pem cannot be read/);
    refused(await start(tls("one.pem", "one.pem")), /^The key .*\/one\.pem cannot be read/);
    refused(
      await start(tls("one.pem", "two.key")),
      /^The key .*\/two\.key does not belong to the certificate .*\/one\.pem\.$/,
    );
  });

  test("with a header of the collector that is not set, or a folder that is none", async () => {
    const headers = { "x-api-key": "env:NOT_SET_AT_ALL" };
    refused(
      await start({ audit: { otlp: { url: "http://127.0.0.1:4318", headers } } }, {}, "serve"),
      /the environment variable NOT_SET_AT_ALL is not set$/,
    );
    refused(
      await start({ audit: { dir: "policy.yaml" } }, {}, "serve"),
      /^Sallyport could not start: .*\/policy\.yaml'$/,
    );
  });
});

describe("an issuer that cannot be reached", () => {
  let stack: Stack;
  afterAll(() => stack?.stop());

  test("does not keep the gateway from starting; its tokens get nowhere, and the caller is told", async () => {
    const issuer = `http://127.0.0.1:${await freePort()}`;
    const config = { identity: { issuers: [{ name: "ci", issuer, audience: "sallyport" }] } };
    const law = "rules: []\notherwise: [ { inject: {} } ]\n";
    stack = await startStack({ policy: law, config });
    const token = await stack.issuer.token({ iss: issuer });
    const answer = await stack.ask("/api/v3/user", {
      headers: { authorization: `Bearer ${token}` },
    });
    const words = "The issuer's keys cannot be had at present. Try again shortly.";
    expect([answer.status, JSON.parse(answer.text).message]).toEqual([
      503,
      expect.stringContaining(words),
    ]);
    expect(answer.headers["x-github-request-id"]).toMatch(/^[0-9a-f-]{36}$/);

    const basic = Buffer.from(`x:${token}`).toString("base64");
    const inside = await stack.ask("/api/v3/user", {
      headers: { authorization: `Basic ${basic}` },
    });
    expect([inside.status, JSON.parse(inside.text).message]).toEqual([
      503,
      expect.stringContaining(words),
    ]);

    const git = new Git(stack.folder.path, { proxy: stack.proxy, ca: stack.ca, token });
    const asked = await git.start("ls-remote", `${stack.proxy}/acme/app.git`).ended;
    expect(asked.code).toBe(128);
    expect(asked.stderr).toContain("503");
    expect(stack.upstream.log).toEqual([]);
    expect(stack.upstream.bytesReceived()).toBe(0);
  });
});
