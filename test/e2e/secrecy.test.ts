import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ask } from "../../src/demo/ask.ts";
import { type Access, Git, ghEnvironment, RawClient, run } from "../support/clients.ts";
import { sessionFor } from "../support/session.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { insideOf, places } from "../support/traces.ts";

/** After a day's work of every kind, the stored credential and the job's tokens are nowhere to be found. */
vi.setConfig({ testTimeout: 60_000 });

const policy = `rules:
  - id: workflows-belong-to-people
    when: { operation: contents.write, attributes: { paths: { some: ".github/workflows/**" } } }
    then: [ { deny: { reason: "Workflows are changed by people." } } ]
  - id: main-needs-a-person
    when: { operation: push, attributes: { ref: refs/heads/main } }
    then: [ { approve: { by: "group:maintainers", within: 2m, hold: 2m } }, { inject: {} }, { record: {} } ]
  - id: topic
    when: { operation: push, attributes: { ref: "refs/heads/topic/**" } }
    then: [ { inject: {} }, { record: {} } ]
  - id: models
    when: { operation: model.call }
    then: [ { mask: {} }, { inject: {} }, { record: {} } ]
  - id: reading
    when: { access: read }
    then: [ { inject: {} }, { record: {} } ]
  - id: new-repositories
    when: { operation: repository.create }
    then: [ { approve: { by: "group:maintainers", within: 2m, hold: 2m } }, { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;

let stack: Stack;
let access: Access;
let token: string;
/** From the token exchange; the job alone may know it. */
let sessionToken: string;
/** Everything that a client was told, by what it had asked. */
const told = new Map<string, string>();
/** What the outside of the gateway shows: files, processes, APIs. */
const found = new Map<string, string>();

beforeAll(async () => {
  stack = await startStack({ policy, config: { approvals: { approvers: ["group:maintainers"] } } });
  access = await stack.access();
  token = access.token ?? "";
  await work();
  await look();
}, 180_000);
afterAll(() => stack?.stop());

async function work(): Promise<void> {
  await stack.upstream.repositories.create("acme/leaky");
  const leak = { branch: "main", path: "leak.txt", message: "Leak" };
  await stack.upstream.repositories.write("acme/leaky", {
    ...leak,
    content: Buffer.from(`The key is ${stack.credential}, keep it.`),
  });
  await exchanged();
  await asked();
  await pushed();
  await left();
}

/** An id token becomes a session token, and `gh` works with that. */
async function exchanged(): Promise<void> {
  sessionToken = await sessionFor(stack.api, token);
  const env = ghEnvironment({ ...access, token: sessionToken });
  const gh = await run("gh", ["api", "user"], { cwd: stack.folder.path, env });
  expect(gh.code, gh.stderr).toBe(0);
  told.set("gh api user", gh.stdout + gh.stderr);
}

async function asked(): Promise<void> {
  const json = { "content-type": "application/json" };
  const chat = (path: string, body: object) =>
    [
      path,
      { method: "POST", headers: json, body: JSON.stringify({ model: "demo", ...body }) },
    ] as const;
  const messages = [{ role: "user", content: "Which token does the deploy job use?" }];
  const questions = [
    ["/api/v3/test/echo", {}],
    ["/copilot/test/echo", {}],
    ["/api/v3/repos/acme/leaky/contents/leak.txt", {}],
    ["/api/v3/repos/acme/app/contents/absent", {}],
    ["/api/v3/test/status/500", {}],
    ["/api/v3/test/status/304", {}],
    ["/api/v3/test/encoded?coding=br", {}],
    ["/api/v3/test/trailers", {}],
    ["/api/v3/test/early", {}],
    ["/api/v3/test/reset", {}],
    ["/api/v3/user", { method: "HEAD" }],
    ["/api/v3/user", { headers: { authorization: "Bearer nobody" } }],
    ["/api/v3/user", { headers: { authorization: `Bearer ${token}x` } }],
    ["/api/v3/%2e%2e/%2e%2e/etc", {}],
    ["/nowhere/at/all", {}],
    chat("/copilot/chat/completions", { stream: true, messages }),
    chat("/copilot/responses", { stream: true, input: "Which token?" }),
    chat("/copilot/v1/messages", { messages, max_tokens: 10 }),
    [
      "/api/v3/repos/acme/app/contents/.github/workflows/x.yml",
      {
        method: "PUT",
        headers: json,
        body: JSON.stringify({ message: "m", content: "eA==", branch: "topic/x" }),
      },
    ],
    ["/api/graphql", { method: "POST", headers: json, body: '{"query":"{ viewer { login } }"}' }],
  ] as const;
  for (const [path, question] of questions) {
    const name = `${"method" in question ? question.method : "GET"} ${path} ${told.size}`;
    const answer = await stack
      .ask(path, question)
      .then(({ status, headers, trailers, text }) =>
        JSON.stringify({ status, headers, trailers, text }),
      )
      .catch((error: Error) => error.message);
    told.set(name, answer);
  }
}

async function pushed(): Promise<void> {
  const git = new Git(stack.folder.path, access);
  const say = async (...args: readonly string[]): Promise<void> => {
    const { stdout, stderr } = await git.start(...args).ended;
    told.set(`git ${args.join(" ")} ${told.size}`, stdout + stderr);
  };
  await git.run("clone", "-q", `${stack.proxy}/acme/app.git`, "app");
  await writeFile(join(stack.folder.path, "app", "work.txt"), "work\n");
  await git.run("-C", "app", "add", ".");
  await git.run("-C", "app", "commit", "-qm", "Work");
  await say("-C", "app", "push", "origin", "HEAD:refs/heads/topic/work");
  await say("-C", "app", "push", "origin", "HEAD:refs/tags/not-allowed");
  for (const word of ["deny", "approve"]) {
    // What was denied stays denied: the second push is another one.
    await git.run("-C", "app", "commit", "-q", "--allow-empty", "-m", `To ${word}`);
    const pushing = git.start("-C", "app", "push", "origin", "HEAD:refs/heads/main");
    await settle(word);
    const { code, stdout, stderr } = await pushing.ended;
    expect(code, stderr).toBe(word === "approve" ? 0 : 1);
    told.set(`git push ${word}`, stdout + stderr);
  }
}

async function settle(word: string): Promise<void> {
  const alice = stack.person("alice", ["maintainers"]);
  const list = async (): Promise<readonly { readonly id: string }[]> =>
    JSON.parse((await alice("/api/v1/approvals?state=pending")).text).approvals;
  await vi.waitFor(async () => expect(await list()).toHaveLength(1), { timeout: 15_000 });
  const id = (await list())[0]?.id;
  told.set(`the approval, ${word}`, (await alice(`/api/v1/approvals/${id}`)).text);
  const said = await alice(`/api/v1/approvals/${id}/${word}`, { reason: "So be it." });
  expect(said.status).toBe(200);
  told.set(`the answer, ${word}`, said.text);
}

/** A parked request whose client goes away, and one that is still parked while we look. */
async function left(): Promise<void> {
  const alice = stack.person("alice", ["maintainers"]);
  const pending = (wanted: number): Promise<void> =>
    vi.waitFor(
      async () => {
        const { text } = await alice("/api/v1/approvals?state=pending");
        expect(JSON.parse(text).approvals).toHaveLength(wanted);
      },
      { timeout: 15_000 },
    );
  for (const [index, name] of ["gone", "waiting"].entries()) {
    const client = await RawClient.connect(access);
    await client.write(
      `POST /api/v3/user/repos HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n` +
        `content-type: application/json\r\ncontent-length: 16\r\n\r\n{"name":"new-${index}"}`,
    );
    await pending(1);
    if (name === "gone") client.abort();
    if (name === "gone") await pending(0);
  }
}

async function look(): Promise<void> {
  await stack.collector.span(({ attributes }) => attributes["sallyport.decision"] === "approve");
  for (const path of ["/healthz", "/readyz", "/metrics", "/api/v1/openapi.json"])
    found.set(path, (await ask(stack.api + path)).text);
  const alice = stack.person("alice", ["maintainers"]);
  for (const path of ["/api/v1/approvals", "/api/v1/audit/records", "/api/v1/audit/checkpoint"])
    found.set(path, (await alice(path)).text);
  for (const [name, text] of await insideOf(stack)) found.set(name, text);
}

const both = (): ReadonlyMap<string, string> => new Map([...told, ...found]);

describe("the search", () => {
  test("finds what is there: the upstream has the credential, in clear and in Basic", () => {
    const upstream = new Map(
      stack.upstream.log.map(({ headers, path }, index) => [
        `${index} ${path}`,
        Buffer.from(JSON.stringify(headers)).toString("latin1"),
      ]),
    );
    const seen = places(stack.credential, upstream);
    expect(seen.some((name) => name.includes("/test/echo"))).toBe(true);
    expect(seen.some((name) => name.includes("git-receive-pack"))).toBe(true);
    const folded = Buffer.from(`The key is ${stack.credential}`).toString("base64");
    expect(
      places(stack.credential, new Map([["folded", folded.replace(/.{20}/g, "$&\\n")]])),
    ).toEqual(["folded"]);
  });

  test("looked everywhere: records, journals, keys, logs, spans, answers", () => {
    const names = [...found.keys()].join("\n");
    for (const place of ["wal", "tile", "approvals/journal", "sessions.jsonl", "envoy.log"])
      expect(names).toContain(place);
    expect(found.get("standard output")).toContain("main-needs-a-person");
    expect(found.get("spans")).toContain("main-needs-a-person");
    const records = [...found].filter(([name]) => name.endsWith(".wal")).map(([, text]) => text);
    expect(records.join("")).toContain("main-needs-a-person");
    expect(found.get("/api/v1/approvals")).toContain("main-needs-a-person");
  });

  test("saw answers of every kind", () => {
    const all = [...told.values()].join("\n");
    for (const words of [
      '"status":200',
      '"status":401',
      '"status":403',
      '"status":404',
      '"status":500',
      "So be it.",
      "Workflows are changed by people.",
    ])
      expect(all).toContain(words);
    expect(told.get("git push approve")).toContain("HEAD -> main");
  });
});

describe("nowhere to be found", () => {
  test("the stored credential, in any encoding", () => {
    expect(places(stack.credential, both())).toEqual([]);
    const basic = Buffer.from(`x-access-token:${stack.credential}`).toString("base64");
    expect(places(basic, both())).toEqual([]);
    expect([...told.values()].join("")).toContain("[REDACTED:credential");
  });

  test("the job's own id token, whole or in part", () => {
    const [, payload = "", signature = ""] = token.split(".");
    for (const part of [token, payload, signature]) expect(places(part, both())).toEqual([]);
    const log = new Map([
      ["upstream", JSON.stringify(stack.upstream.log.map(({ headers }) => headers))],
    ]);
    expect(places(signature, log)).toEqual([]);
  });

  test("the session token: only its hash is kept", () => {
    expect(sessionToken).toMatch(/^ghs_/);
    expect(places(sessionToken, both())).toEqual([]);
    const log = new Map([
      ["upstream", JSON.stringify(stack.upstream.log.map(({ headers }) => headers))],
    ]);
    expect(places(sessionToken, log)).toEqual([]);
  });
});
