import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../../src/demo/ask.ts";
import { sealTo } from "../../src/provenance/sealed.ts";
import { type Ended, Git, run } from "../support/clients.ts";
import { newSession } from "../support/session.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** Commits that are pushed past the gateway, and told of by the job that finds them: `sallyport attest`. */
const policy = `rules:
  - id: models
    when: { operation: model.call }
    then: [ { inject: {} }, { record: {} } ]
  - id: git
    when: { resource: github.com/acme/app }
    then: [ { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;
const main = join(import.meta.dirname, "../../src/main.ts");
const code = `/** Keeps the newest entries, so many at most. */
export class Newest {
  constructor(most) {
    this.most = most;
    this.entries = new Map();
  }

  put(name, value) {
    this.entries.delete(name);
    this.entries.set(name, { value, at: Date.now() });
    while (this.entries.size > this.most) {
      const [oldest] = this.entries.keys();
      this.entries.delete(oldest);
    }
    return this.entries.size;
  }
}
`;

let stack: Stack;
let git: Git;
let outside: string;
let app: string;

beforeAll(async () => {
  stack = await startStack({ policy, config: { approvals: { approvers: ["group:security"] } } });
  // A clone of the upstream's own repository: nothing that it fetches or pushes passes the gateway.
  outside = pathToFileURL(join(stack.upstream.repositories.root, "acme", "app.git")).href;
  git = new Git(stack.folder.path, await stack.access());
  await git.run("clone", "-q", outside, "app");
  app = join(stack.folder.path, "app");
}, 120_000);
afterAll(() => stack?.stop());

/** A job's session token: what the runner kit puts into its environment. */
const tokenOf = (claims: Readonly<Record<string, unknown>> = {}) => newSession(stack, claims);

/** A model's tool call that writes that file; the session that it was made in is told later. */
async function suggest(path: string, text: string): Promise<void> {
  const call = JSON.stringify({ path, file_text: text });
  const messages = [{ role: "user", content: `demo-call create ${call}` }];
  const body = JSON.stringify({ model: "claude-demo", messages });
  const headers = { "content-type": "application/json" };
  const answer = await stack.ask("/copilot/chat/completions", { method: "POST", headers, body });
  expect(answer.status).toBe(200);
}

async function commit(path: string, text: string, message: string): Promise<string> {
  await mkdir(join(app, path, ".."), { recursive: true });
  await writeFile(join(app, path), text);
  await git.run("-C", "app", "add", ".");
  await git.run("-C", "app", "commit", "-qm", message);
  return git.run("-C", "app", "rev-parse", "HEAD");
}

const push = (branch: string) =>
  git.run("-C", "app", "push", "-q", "origin", `HEAD:refs/heads/${branch}`);

async function sallyport(token: string, ...words: readonly string[]): Promise<Ended> {
  const env = { SALLYPORT_TOKEN: token, SALLYPORT_API: stack.api };
  return run(process.execPath, [main, ...words], { cwd: app, env });
}

test("a push that did not pass the gateway is told of by its job, and then known like any other", async () => {
  await suggest("/home/runner/app/lib/newest.js", code);
  const job = await tokenOf();
  const start = await git.run("-C", "app", "rev-parse", "HEAD");
  const whole = await commit(
    "lib/newest.js",
    code,
    "Keep the newest\n\nAssisted-by: Copilot:other",
  );
  await git.run("-C", "app", "checkout", "-q", "--detach", start);
  const mine = Array.from({ length: 12 }, (_, at) => `${at}: (x) => x.mul(${at}).sub("s${at}"),`);
  const none = await commit("lib/steps.js", `export default {\n${mine.join("\n")}\n};\n`, "Steps");
  const reworked = code
    .replaceAll("entries", "kept")
    .replaceAll("Newest", "Latest")
    .replaceAll("oldest", "first")
    .replace(/^ +/gm, (indent) => "\t".repeat(indent.length / 2))
    .replaceAll(";\n", "\n");
  const renamed = await commit("src/latest.mjs", reworked, "Keep the latest, in my words");
  await push("past/it");

  const first = await sallyport(job, "attest", whole);
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toMatch(new RegExp(`^${whole}  exact\\. .*A job told what it adds`));
  const range = await sallyport(job, "attest", `${start}..HEAD`);
  expect(range).toMatchObject({ code: 0, stderr: "" });
  const [told = "", again = ""] = range.stdout.split("\n");
  expect(told).toMatch(new RegExp(`^${none}  none\\. `));
  expect(again).toMatch(new RegExp(`^${renamed}  (strong|partial)\\. `));

  const { stdout } = await sallyport(job, "provenance", whole);
  expect(stdout).toContain("attested by mona");
  expect(stdout).toMatch(
    new RegExp(
      `lib/newest\\.js:1-${code.split("\n").length - 1}  exact .*; model claude-demo; asked by mona; session ses_\\S+; exchange [0-9a-f-]{36}, turn 1, tool create`,
    ),
  );
  expect(stdout).toContain('claims "Assisted-by: Copilot:other": contradicted');
  const [, record = ""] = /attested by .*, exchange ([0-9a-f-]{36})/.exec(stdout) ?? [];
  const statement = await sallyport(job, "provenance", whole, "--format", "in-toto");
  const { payload } = JSON.parse(statement.stdout) as { payload: string };
  const { predicate } = JSON.parse(Buffer.from(payload, "base64").toString()) as {
    predicate: { seen: readonly { kind: string; record: string }[]; evidence: string };
  };
  expect(predicate).toMatchObject({ evidence: "exact", seen: [{ kind: "attested", record }] });
  const auditor = stack.person("alice", ["security"]);
  const acts = await auditor("/api/v1/audit/records?action=commit.seen&limit=10");
  expect(acts.text).toContain(`record ${record}, session `);
}, 120_000);

test("what passes the gateway later is read there, whatever a job told of it before", async () => {
  const job = await tokenOf();
  await git.run("-C", "app", "checkout", "-q", "--detach", "origin/HEAD");
  await suggest("lib/once.js", code.replaceAll("Newest", "Once"));
  const id = await commit("lib/once.js", code.replaceAll("Newest", "Once"), "Once");
  // A job that says nothing of the file that the commit has.
  const key = JSON.parse(
    (await ask(`${stack.api}/api/v1/provenance/attestations/key`, bearer(job))).text,
  ) as { x25519: string };
  const lie = { version: 1, commit: id, merge: false, trailers: "", files: [] };
  const sealed = Buffer.from(sealTo(key.x25519, Buffer.from(JSON.stringify(lie))));
  const answer = await attestRaw(job, { sealed: sealed.toString("base64url") });
  expect(answer).toMatchObject({ status: 200 });
  expect(JSON.parse(answer.text)).toMatchObject({ evidence: "none", base: "part" });

  const access = { ...(await stack.access()), token: job };
  const through = new Git(stack.folder.path, access);
  await through.run(
    "-C",
    "app",
    "push",
    "-q",
    `${stack.proxy}/acme/app.git`,
    "HEAD:refs/heads/topic/once",
  );
  const { stdout } = await sallyport(job, "provenance", id);
  expect(stdout).toContain("evidence: exact.");
  expect(stdout).toMatch(/attested by mona[\s\S]*push by mona/);
}, 120_000);

test("nobody else's job, no person, and nothing unsealed is believed", async () => {
  const job = await tokenOf();
  const id = await git.run("-C", "app", "rev-parse", "HEAD");
  const other = await tokenOf({
    sub: "repo:acme/other:ref:refs/heads/main",
    repository: "acme/other",
    repository_id: "2",
  });
  const elsewhere = await sallyport(other, "attest", id);
  expect(elsewhere.code).toBe(1);
  expect(elsewhere.stderr).toContain("known already, of another repository");
  expect((await sallyport(other, "provenance", id)).code).toBe(1);
  const person = await tokenOf({ sub: "somebody", repository: undefined });
  expect(await attestRaw(person, {})).toMatchObject({ status: 403 });
  const plain = Buffer.from(JSON.stringify({ version: 1, commit: id })).toString("base64url");
  expect(await attestRaw(job, { sealed: plain })).toMatchObject({ status: 400 });
  expect(await attestRaw(job, { source: "const a = 1" })).toMatchObject({ status: 400 });
});

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

async function attestRaw(token: string, body: object) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const asked = { method: "POST", headers, body: JSON.stringify(body) };
  return ask(`${stack.api}/api/v1/provenance/attestations`, asked);
}
