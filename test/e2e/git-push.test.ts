import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cloneApp } from "../support/app-clone.ts";
import { Git, type Running, run } from "../support/clients.ts";
import { newSession } from "../support/session.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** Real git against a real Envoy: a push to `main` waits for a person, and only a yes lets it land. */
let stack: Stack;
let git: Git;
let count = 0;

const policy = `rules:
  - id: main-needs-a-person
    when: { operation: push, attributes: { ref: refs/heads/main } }
    then: [ { approve: { by: "group:maintainers", within: 2m, hold: 2m } }, { inject: {} } ]
  - id: short-patience
    when: { operation: push, attributes: { ref: refs/heads/soon } }
    then: [ { approve: { by: "group:maintainers", within: 1s, hold: 30s } }, { inject: {} } ]
  - id: forbidden
    when: { operation: push, attributes: { ref: "refs/heads/frozen/**" } }
    then: [ { deny: { reason: "This branch is frozen until the release." } } ]
  - id: topic
    when: { operation: push, attributes: { ref: "refs/heads/topic/**" } }
    then: [ { inject: {} } ]
  - id: reading
    when: { access: read }
    then: [ { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;

beforeAll(async () => {
  stack = await startStack({ policy });
  git = await cloneApp(stack);
});
afterAll(() => stack?.stop());

interface Waiting {
  readonly id: string;
  readonly operations: readonly { readonly name: string; readonly resource: string }[];
}

async function commit(bytes = 100): Promise<string> {
  count += 1;
  const file = join(stack.folder.path, "app", `file-${count}.bin`);
  await writeFile(file, crypto.getRandomValues(Buffer.alloc(Math.min(bytes, 60_000))));
  if (bytes > 60_000) {
    const whole = Buffer.concat(
      Array.from({ length: Math.ceil(bytes / 60_000) }, () =>
        crypto.getRandomValues(Buffer.alloc(60_000)),
      ),
    );
    await writeFile(file, whole);
  }
  await git.run("-C", "app", "add", ".");
  await git.run("-C", "app", "commit", "-qm", `Change ${count}`);
  return git.run("-C", "app", "rev-parse", "HEAD");
}

function push(ref: string, ...args: readonly string[]): Running {
  return git.start("-C", "app", "push", ...args, "origin", `HEAD:refs/heads/${ref}`);
}

async function waiting(): Promise<Waiting> {
  const maintainer = stack.person("alice", ["maintainers"]);
  const list = async (): Promise<readonly Waiting[]> =>
    JSON.parse((await maintainer("/api/v1/approvals?state=pending")).text).approvals;
  await expect.poll(async () => (await list()).length, { timeout: 10_000 }).toBe(1);
  const [only] = await list();
  if (only === undefined) throw new Error("nothing waits");
  return only;
}

function head(ref: string): Promise<string | undefined> {
  return stack.upstream.repositories.head("acme/app", `refs/heads/${ref}`);
}

describe("a push to a protected branch", () => {
  test.each([
    ["small", 100],
    ["of 3 MB, which git sends in chunks after a probe", 3_000_000],
  ])("%s: hangs, and lands after approval", async (_name, bytes) => {
    const made = await commit(bytes);
    const pushing = push("main");
    const { id, operations } = await waiting();
    expect(operations).toMatchObject([{ name: "push", resource: "github.com/acme/app" }]);
    expect(await head("main")).not.toBe(made);
    const approved = await stack.person("alice", ["maintainers"])(
      `/api/v1/approvals/${id}/approve`,
      { reason: "Reviewed." },
    );
    expect(approved.status).toBe(200);
    expect((await pushing.ended).code).toBe(0);
    expect(await head("main")).toBe(made);
  });

  test("denied: git says why, and the branch is as it was", async () => {
    const before = await head("main");
    await commit();
    const pushing = push("main");
    const { id } = await waiting();
    const alice = stack.person("alice", ["maintainers"]);
    const denied = await alice(`/api/v1/approvals/${id}/deny`, { reason: "Not on a Friday." });
    expect(denied.status).toBe(200);
    const { code, stderr } = await pushing.ended;
    expect(code).toBe(1);
    expect(stderr).toContain("[remote rejected] HEAD -> main");
    expect(stderr).toContain("Not on a Friday.");
    expect(await head("main")).toBe(before);
  });

  test("nobody answers in time: refused, and nothing landed", async () => {
    await commit();
    const { code, stderr } = await push("soon").ended;
    expect([code, stderr.includes("[remote rejected]")]).toEqual([1, true]);
    expect(await head("soon")).toBeUndefined();
  });

  test("the client leaves: within a second nobody can approve it any more", async () => {
    const before = await head("main");
    await commit();
    const pushing = push("main");
    const { id } = await waiting();
    // Ctrl-C reaches the whole group: git, and the helper that holds the connection.
    await run("pkill", ["-INT", "-P", String(pushing.child.pid)], { cwd: "/" });
    pushing.child.kill("SIGINT");
    await pushing.ended;
    const alice = stack.person("alice", ["maintainers"]);
    const state = async () => JSON.parse((await alice(`/api/v1/approvals/${id}`)).text).state;
    await expect.poll(state, { timeout: 1_000, interval: 50 }).toBe("cancelled");
    const late = await alice(`/api/v1/approvals/${id}/approve`, { reason: "Too late." });
    expect(late.status).toBe(409);
    expect(await head("main")).toBe(before);
  });
});

test("a forbidden branch: the reason is on the `remote:` lines, and no pack reached the upstream", async () => {
  await commit();
  const before = stack.upstream.log.length;
  const { code, stderr } = await push("frozen/1.0", "-q").ended;
  expect(code).toBe(1);
  expect(stderr).toContain("This branch is frozen until the release.");
  const posts = stack.upstream.log.slice(before).filter(({ method }) => method === "POST");
  expect(posts).toEqual([]);
});

test("an allowed branch just works", async () => {
  const made = await commit();
  expect((await push("topic/work").ended).code).toBe(0);
  expect(await head("topic/work")).toBe(made);
});

test("without an identity git is challenged, and the upstream sees nothing", async () => {
  const before = stack.upstream.bytesReceived();
  const stranger = new Git(stack.folder.path, { proxy: stack.proxy, ca: stack.ca });
  const ended = await stranger.start("ls-remote", `${stack.proxy}/acme/app.git`).ended;
  expect(ended.code).toBe(128);
  expect(ended.stderr).toMatch(/could not read Username|Authentication failed/);
  expect(stack.upstream.bytesReceived()).toBe(before);
});

test("a session token alone is enough for clone and push", async () => {
  const token = await newSession(stack);
  const job = new Git(stack.folder.path, { proxy: stack.proxy, ca: stack.ca, token });
  await job.run("clone", "-q", `${stack.proxy}/acme/app.git`, "again");
  await writeFile(join(stack.folder.path, "again", "by-session.txt"), "hello\n");
  await job.run("-C", "again", "add", ".");
  await job.run("-C", "again", "commit", "-qm", "By session");
  await job.run("-C", "again", "push", "-q", "origin", "HEAD:refs/heads/topic/session");
  expect(await head("topic/session")).toBe(await job.run("-C", "again", "rev-parse", "HEAD"));
  const seen = JSON.stringify(stack.upstream.log.map(({ headers }) => headers));
  expect(seen).not.toContain(token);
  expect(seen).not.toContain(Buffer.from(`x-access-token:${token}`).toString("base64"));
});
