import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Octokit } from "octokit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RefusalCode } from "../../../src/core/refusal.ts";
import type { ConnectionKind } from "../../../src/core/target.ts";
import { listenLocally } from "../../support/ports.ts";
import { type Ask, headOf, protocolFor, targetOf } from "./asking.ts";
import { git, gitEnv } from "./git/git-host.ts";

/** What real programs print when they are refused, kept in test/transcripts/golden/refusals. */
const golden = new URL("../../transcripts/golden/refusals/", import.meta.url);
const root = mkdtempSync(join(tmpdir(), "refusals-"));
const bare = join(root, "app.git");
const work = join(root, "work");

let server: Server;
let port = 0;
let code: RefusalCode = "denied";
/** Requests that are let through to the advertisement, so that the refusal meets what comes after. */
let letDiscovery = false;
const nothing = () => undefined;
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const message = "History on main is permanent. Open a pull request.";

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The layout of a GitHub Enterprise Server host, as clients find it. */
function askFrom(request: IncomingMessage, body: Buffer): Ask {
  // A proxy is asked for the whole URL.
  const url = (request.url ?? "").replace(/^http:\/\/(api\.)?github\.localhost\//, "/api/v3/");
  const kind: ConnectionKind = url.startsWith("/copilot/")
    ? "copilot"
    : url.startsWith("/api/")
      ? "github-api"
      : "git";
  return {
    kind,
    method: request.method ?? "",
    path: url.replace(/^\/copilot\//, "/").replace(/^\/api\/(v3\/)?/, "/"),
    headers: request.headers as Record<string, string>,
    body,
  };
}

async function advertise(response: ServerResponse): Promise<void> {
  const { stdout } = await call(
    "git",
    ["receive-pack", "--stateless-rpc", "--advertise-refs", bare],
    {},
  );
  response.writeHead(200, { "content-type": "application/x-git-receive-pack-advertisement" });
  response.end(`001f# service=git-receive-pack\n0000${stdout}`);
}

interface Ran {
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
}

function call(
  program: string,
  args: readonly string[],
  more: { cwd?: string; env?: object },
): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      program,
      [...args],
      { cwd: more.cwd, env: { ...gitEnv, HOME: root, ...more.env } },
      (error, stdout, stderr) => {
        const rc = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ rc, stdout, stderr });
      },
    );
  });
}

beforeAll(async () => {
  mkdirSync(golden, { recursive: true });
  git(root, "init", "-q", "--bare", "-b", "main", bare);
  mkdirSync(work);
  git(work, "init", "-q", "-b", "main");
  writeFileSync(join(work, "a"), "1");
  git(work, "add", "-A");
  git(work, "commit", "-qm", "one");
  git(work, "push", "-q", bare, "main");
  writeFileSync(join(work, "a"), "2".repeat(100_000));
  git(work, "commit", "-qam", "two");
  server = createServer((request, response) => {
    void bodyOf(request).then(async (body) => {
      const ask = askFrom(request, body);
      if (letDiscovery && ask.path.includes("/info/refs")) return advertise(response);
      const parser = protocolFor(ask).parse(headOf(ask), targetOf(ask));
      if (parser.begin().kind === "more" && parser.write(body).kind === "more") parser.end();
      const reply = parser.refuse({ code, message, caseId: "0192-case" });
      response.writeHead(reply.status, reply.headers);
      return response.end(reply.body);
    });
  });
  port = await listenLocally(server);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true, force: true });
});

interface Case {
  readonly run: () => Promise<Ran>;
  readonly code?: RefusalCode;
  readonly discovered?: boolean;
}

const push =
  (...args: readonly string[]) =>
  () =>
    call(
      "git",
      [
        "push",
        ...args,
        `http://127.0.0.1:${port}/acme/app.git`,
        "HEAD:refs/heads/main",
        "HEAD:refs/heads/two",
      ],
      { cwd: work },
    );
const curl =
  (path: string, ...args: readonly string[]) =>
  () =>
    call("curl", ["-sS", "-w", "\n%{http_code}\n", ...args, `http://127.0.0.1:${port}${path}`], {});
/** gh speaks plain HTTP to this one host, and finds it through the proxy. */
const gh =
  (...args: readonly string[]) =>
  () =>
    call("gh", args, {
      cwd: work,
      env: {
        GH_HOST: "github.localhost",
        GH_TOKEN: "x",
        http_proxy: `http://127.0.0.1:${port}`,
        GH_NO_UPDATE_NOTIFIER: "1",
        NO_COLOR: "1",
      },
    });
async function lfs(): Promise<Ran> {
  git(work, "config", "lfs.url", `http://127.0.0.1:${port}/acme/app.git/info/lfs`);
  git(work, "config", "lfs.locksverify", "false");
  git(work, "lfs", "install", "--local");
  writeFileSync(join(work, "big.bin"), "big");
  git(work, "lfs", "track", "big.bin");
  git(work, "add", "-A");
  git(work, "commit", "-qm", "lfs");
  git(work, "update-ref", "refs/heads/lfs", "HEAD");
  git(work, "reset", "-q", "--hard", "HEAD~1");
  return call("git", ["lfs", "push", `http://127.0.0.1:${port}/acme/app.git`, "lfs"], {
    cwd: work,
  });
}
const octokit = (ask: (kit: Octokit) => Promise<unknown>) => async (): Promise<Ran> => {
  // GitHub Enterprise Server's layout: REST below /api/v3, GraphQL beside it.
  const kit = new Octokit({
    baseUrl: `http://127.0.0.1:${port}/api/v3`,
    auth: "x",
    retry: { enabled: false },
    log: silent,
  });
  const error = await ask(kit).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return {
    rc: error === undefined ? 0 : 1,
    stdout: `${error instanceof Error ? error.message : ""}\n`,
    stderr: "",
  };
};
const json = (body: object) => ["-H", "content-type: application/json", "-d", JSON.stringify(body)];

const cases: Readonly<Record<string, Case>> = {
  "git-push": { run: push(), discovered: true },
  "git-push-quiet": { run: push("-q"), discovered: true },
  "git-push-porcelain": { run: push("--porcelain"), discovered: true },
  "git-push-discovery": { run: push() },
  "git-push-unavailable": { run: push(), code: "unavailable" },
  "git-push-unauthenticated": { run: push(), code: "unauthenticated" },
  "git-fetch": {
    run: () => call("git", ["fetch", `http://127.0.0.1:${port}/acme/app.git`], { cwd: work }),
  },
  "git-lfs-batch": {
    run: curl(
      "/acme/app.git/info/lfs/objects/batch",
      ...json({ operation: "upload", objects: [] }),
    ),
  },
  "rest-curl": { run: curl("/api/v3/orgs/acme/repos", ...json({ name: "x" })) },
  "rest-curl-malformed": { run: curl("/api/v3/orgs/acme/repos", ...json([])), code: "malformed" },
  "rest-curl-unauthenticated": {
    run: curl("/api/v3/orgs/acme/repos", ...json({ name: "x" })),
    code: "unauthenticated",
  },
  "rest-curl-unavailable": {
    run: curl("/api/v3/orgs/acme/repos", ...json({ name: "x" })),
    code: "unavailable",
  },
  "rest-gh-api": { run: gh("api", "-X", "POST", "/orgs/acme/repos", "-f", "name=x") },
  "rest-gh-workflow": {
    run: gh(
      "api",
      "-X",
      "PUT",
      "/repos/acme/app/contents/.github/workflows/x.yml",
      "-f",
      "content=eA==",
      "-f",
      "branch=main",
    ),
  },
  "graphql-gh-api": {
    run: gh(
      "api",
      "graphql",
      "-f",
      'query=mutation { mine: createRepository(input: {name: "x"}) { clientMutationId } }',
    ),
  },
  "graphql-gh-repo-create": { run: gh("repo", "create", "x", "--private") },
  "git-lfs-push": { run: lfs },
  "rest-octokit": { run: octokit((kit) => kit.rest.repos.createInOrg({ org: "acme", name: "x" })) },
  "graphql-octokit": {
    run: octokit((kit) =>
      kit.graphql('mutation { createRepository(input: {name: "x"}) { clientMutationId } }'),
    ),
  },
  "graphql-curl": {
    run: curl(
      "/api/graphql",
      ...json({
        query: 'mutation { mine: createRepository(input: {name: "x"}) { clientMutationId } }',
      }),
    ),
  },
  "mcp-tool-call": {
    run: curl(
      "/copilot/mcp",
      ...json({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "push_files", arguments: {} },
      }),
    ),
  },
  "mcp-list": {
    run: curl("/copilot/mcp", ...json({ jsonrpc: "2.0", id: 1, method: "tools/list" })),
  },
  "model-call": { run: curl("/copilot/chat/completions", ...json({ model: "m", messages: [] })) },
};

describe("what a client prints when it is refused", () => {
  it.each(Object.entries(cases))("%s", async (name, one) => {
    code = one.code ?? "denied";
    letDiscovery = one.discovered ?? false;
    const { rc, stdout, stderr } = await one.run();
    const said = `exit ${rc}\n--- stdout\n${stdout}--- stderr\n${stderr}`
      .replaceAll(String(port), "PORT")
      // git-lfs shows progress when the machine is slow.
      .replaceAll(/^Uploading LFS objects.*?(done\.)?[\r\n]+/gm, "")
      .replaceAll(/ +$/gm, "");
    await expect(said).toMatchFileSnapshot(new URL(`${name}.txt`, golden).pathname);
  });

  it("keeps no golden file that nothing makes", () => {
    expect(readdirSync(golden).sort()).toEqual(
      Object.keys(cases)
        .map((name) => `${name}.txt`)
        .sort(),
    );
    expect(readFileSync(new URL("git-push.txt", golden), "utf8")).toContain("[remote rejected]");
  });
});
