import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { openKeys } from "../../../src/audit/transparency/keys-file.ts";
import { plantedSecret } from "../../../src/demo/secret.ts";
import { Git } from "../../support/clients.ts";
import { newSession } from "../../support/session.ts";
import { type Stack, startStack } from "../../support/stack.ts";
import { personToken } from "../../support/stack-config.ts";

/** What a page's blocks run with. */
export interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What must have come of it. */
  readonly settled?: () => Promise<void>;
}

/** A gateway with something in it: a session that is over, a secret that was masked, a denial, a push. */
export interface House {
  /** The folder (made here, at that path) and the variables that the page speaks of. */
  page(page: string, folder: string): Promise<Place>;
  close(): Promise<void>;
}

const policy = `rules:
  - id: new-repositories-need-a-person
    when: { operation: repository.create }
    then: [{ approve: { by: "group:maintainers", within: 15m, hold: 5m } }, inject, record]
  - id: topic-branches
    when: { operation: push, attributes: { ref: "refs/heads/topic/**" } }
    then: [inject, record]
  - id: models
    when: { operation: model.call }
    then: [mask, inject, { record: { level: full } }]
  - id: reading
    when: { access: read }
    then: [mask, inject, { record: { level: full } }]
otherwise: [{ deny: { reason: "No rule allows this." } }]
`;
const cases = `policy: policy.yaml
cases:
  - name: a file is read
    given: { operation: { name: contents.read, access: read } }
    expect: { outcome: allow, rule: reading }
`;

export async function openHouse(): Promise<House> {
  const stack = await startStack({
    policy,
    config: {
      approvals: { approvers: ["group:maintainers"] },
      recording: { viewers: ["group:maintainers"], idle: "1s" },
    },
  });
  try {
    const session = await oneSession(stack);
    const git = await pushed(stack);
    const record = await firstRecord(stack);
    return {
      page: (page, folder) => placeFor(page, folder, { stack, session, record, clone: git }),
      close: () => stack.stop(),
    };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

interface Seen {
  readonly stack: Stack;
  readonly session: string;
  readonly record: string;
  readonly clone: string;
}

const alice = (stack: Stack) => personToken(stack.issuer, "alice", ["maintainers"]);

/** Those whose own files begin a gateway of the page's own; all others look at this one. */
const own = ["docs/operator.md"];

async function placeFor(page: string, folder: string, seen: Seen): Promise<Place> {
  const { stack } = seen;
  const { signers } = await openKeys(join(stack.folder.path, "data/audit/keys"));
  const env = {
    API: stack.api,
    G: new URL(stack.proxy).host,
    F: new URL(stack.forward).host,
    T: await newSession(stack),
    ID_TOKEN: await stack.issuer.token(),
    SALLYPORT_API: stack.api,
    SALLYPORT_TOKEN: await alice(stack),
    SECRET: plantedSecret,
    KEY: signers[0]?.verifier.vkey ?? "",
    RECORD: seen.record,
    SESSION: seen.session,
    GITHUB_TOKEN: "stands-in-for-a-token",
    GIT_TERMINAL_PROMPT: "0",
  };
  if (page === "docs/provenance.md") return { cwd: seen.clone, env };
  mkdirSync(folder, { recursive: true });
  if (own.includes(page)) return { cwd: folder, env };
  symlinkSync(join(stack.folder.path, "data"), join(folder, "data"));
  for (const file of ["sallyport.yaml", "policy.yaml", "credential"])
    cpSync(join(stack.folder.path, file), join(folder, file));
  writeFileSync(join(folder, "policy.test.yaml"), cases);
  cpSync(stack.ca, join(folder, "ca.pem"));
  if (page !== "docs/approver.md") return { cwd: folder, env };
  const waiting = await parked(stack);
  return { cwd: folder, env: { ...env, ID: waiting.id }, settled: waiting.landed };
}

/** A session that saw a secret and a denial, and is over, so that its recording is closed. */
async function oneSession(stack: Stack): Promise<string> {
  const token = await newSession(stack);
  const headers = { authorization: `Bearer ${token}` };
  for (const path of ["/api/v3/repos/acme/app", "/api/v3/repos/acme/app/contents/.env"])
    await stack.ask(path, { headers });
  await stack.ask("/api/v3/repos/acme/app", { method: "DELETE", headers });
  const messages = [{ role: "user", content: "Which token does the deploy job use?" }];
  const answer = await stack.ask("/copilot/chat/completions", {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ model: "demo-model", messages }),
  });
  expect(answer.text).toContain("[REDACTED:");
  const listed = await stack.person("alice", ["maintainers"])("/api/v1/sessions");
  const [first] = (JSON.parse(listed.text) as { sessions: { session: string }[] }).sessions;
  const id = first?.session ?? "";
  const sums = join(stack.folder.path, "data/recordings/sessions", id, "SHA256SUMS.sig");
  await vi.waitFor(() => expect(existsSync(sums)).toBe(true), { timeout: 60_000 });
  return id;
}

/** A clone in which a commit went by: its folder. */
async function pushed(stack: Stack): Promise<string> {
  const git = new Git(stack.folder.path, await stack.access());
  await git.run("clone", "-q", `${stack.proxy}/acme/app.git`, "app");
  const clone = join(stack.folder.path, "app");
  mkdirSync(join(clone, "src"));
  const lines = Array.from({ length: 12 }, (_, index) => `export const mean${index} = ${index};\n`);
  writeFileSync(join(clone, "src/means.ts"), lines.join(""));
  for (const args of [
    ["add", "."],
    ["commit", "-qm", "Add means"],
  ])
    await git.run("-C", "app", ...args);
  await git.run("-C", "app", "push", "-q", "origin", "HEAD:refs/heads/topic/means");
  return clone;
}

async function firstRecord(stack: Stack): Promise<string> {
  const audrey = stack.person("alice", ["maintainers"]);
  const answer = await audrey("/api/v1/audit/records?operation=contents.read&limit=1");
  const [record] = (JSON.parse(answer.text) as { records: { intent: { id: string } }[] }).records;
  if (record === undefined) throw new Error(`there is no record: ${answer.text}`);
  return record.intent.id;
}

/** A request that waits for a person; `landed` resolves when its upstream has answered. */
async function parked(stack: Stack): Promise<{ id: string; landed(): Promise<void> }> {
  const body = JSON.stringify({ name: "by-the-book" });
  const headers = { "content-type": "application/json" };
  const asked = stack.ask("/api/v3/user/repos", { method: "POST", headers, body });
  const pending = async (): Promise<string> => {
    const answer = await stack.person("alice", ["maintainers"])("/api/v1/approvals?state=pending");
    return /apr_[\w-]+/.exec(answer.text)?.[0] ?? "";
  };
  await expect.poll(pending, { timeout: 60_000 }).not.toBe("");
  return {
    id: await pending(),
    landed: async () => expect((await asked).status).toBe(201),
  };
}
