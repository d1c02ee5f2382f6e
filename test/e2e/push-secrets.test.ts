import { randomFillSync } from "node:crypto";
import { appendFile, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sample } from "../../src/detection/rules/sample.ts";
import { cloneApp } from "../support/app-clone.ts";
import { residentMiB } from "../support/bare-stack.ts";
import type { Git } from "../support/clients.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** Secrets on their way in a push, from real git through a real Envoy: refused wherever in the pack they stand. */
const policy = `rules:
  - id: no-secrets-in-pushes
    when: { operation: push }
    then: [scan, inject]
  - id: no-secrets-in-prompts
    when: { operation: model.call }
    then: [{ scan: { reason: "Ask again without it." } }, inject]
  - id: reading
    when: { access: read }
    then: [inject]
`;
/** How much more memory a push that is looked through may take, in MiB. */
const allowance = 260;
const token = sample("ghp_{alnum:36}");
const mark = /\[REDACTED:github-token:[0-9a-f]{10}\]/;

let stack: Stack;
let git: Git;
let base: string;

beforeAll(async () => {
  stack = await startStack({ policy });
  git = await cloneApp(stack, { "core.compression": "0", "gc.auto": "0" });
  base = await git.run("-C", "app", "rev-parse", "HEAD");
}, 60_000);
afterAll(() => stack?.stop());
beforeEach(() => git.run("-C", "app", "reset", "-q", "--hard", base));

async function write(path: string, content: string | Buffer): Promise<void> {
  const file = join(stack.folder.path, "app", path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

async function commit(message = "Change"): Promise<string> {
  await git.run("-C", "app", "add", "-A");
  await git.run("-C", "app", "commit", "-qm", message);
  return git.run("-C", "app", "rev-parse", "HEAD");
}

let count = 0;

/** Pushes to a branch of its own, or to that one. */
async function push(branch = `topic-${++count}`) {
  const before = stack.upstream.bytesReceived();
  const ended = await git.start("-C", "app", "push", "origin", `HEAD:refs/heads/${branch}`).ended;
  // The discovery, and questions about trees: next to nothing of a push.
  const arrived = stack.upstream.bytesReceived() - before > 50_000;
  const landed = await stack.upstream.repositories.head("acme/app", `refs/heads/${branch}`);
  return { ...ended, arrived, landed };
}

/** Refused in words that name rule, place and mark; nothing arrived, and nobody is told the value. */
function expectRefused(pushed: Awaited<ReturnType<typeof push>>, place: string): void {
  expect(pushed.stderr).toContain(`github-token in ${place} (`);
  expect(pushed.stderr).toMatch(mark);
  expect(pushed.stderr).toContain("[remote rejected]");
  expect(pushed).toMatchObject({ code: 1, arrived: false });
  expect(pushed.stderr).not.toContain(token.slice(4, 12));
}

describe("a push with a token", () => {
  test("in a file", async () => {
    await write("deploy/notes.md", `Use ${token} for now.\n`);
    await commit();
    const pushed = await push();
    expectRefused(pushed, "deploy/notes.md");
    expect(pushed.landed).toBeUndefined();
    await expect.poll(() => stack.stdout()).toContain('"github-token"');
    expect(stack.stdout() + stack.stderr()).not.toContain(token.slice(4, 12));
  });

  test("to main, which stays as it was", async () => {
    await write("README.md", `# App\n\n${token}\n`);
    await commit();
    const pushed = await push("main");
    expectRefused(pushed, "README.md");
    expect(pushed.landed).toBe(base);
  });

  test("in a file that is sent as its difference from another", async () => {
    const lines = Array.from({ length: 4000 }, (_, at) => `line ${at} ${Math.sin(at)}`);
    await write("long.txt", lines.join("\n"));
    await commit();
    await write("long.txt", lines.with(2000, `line 2000 ${token}`).join("\n"));
    await commit();
    await git.run("-C", "app", "repack", "-adfq");
    const packs = join(stack.folder.path, "app/.git/objects/pack");
    const index = (await readdir(packs)).find((name) => name.endsWith(".idx")) ?? "";
    const objects = await git.run("-C", "app", "verify-pack", "-v", join(packs, index));
    const changed = await git.run("-C", "app", "rev-parse", "HEAD:long.txt");
    const before = await git.run("-C", "app", "rev-parse", "HEAD~1:long.txt");
    // One of the two rests on the other.
    expect(objects).toMatch(new RegExp(`^(${changed}|${before}) blob .* 1 `, "m"));
    expectRefused(await push(), "long.txt");
  });

  test("in a commit that another one takes back", async () => {
    await write("a/b/secret.env", `TOKEN=${token}\n`);
    await commit();
    await rm(join(stack.folder.path, "app/a"), { recursive: true });
    await commit("Take it back");
    expectRefused(await push(), "a/b/secret.env");
  });

  test("in the message of a commit, and in an annotated tag", async () => {
    await write("harmless.txt", "harmless\n");
    const made = await commit(`Log in with ${token}`);
    expectRefused(await push(), `commit ${made.slice(0, 12)}`);
    await git.run("-C", "app", "reset", "-q", "--hard", base);
    await git.run("-C", "app", "tag", "-a", "-m", token, "v1");
    const tag = await git.run("-C", "app", "rev-parse", "v1");
    const { code, stderr } = await git.start("-C", "app", "push", "origin", "v1").ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`github-token in tag ${tag.slice(0, 12)} (`);
  });

  test("in the name of a file: the place is masked too", async () => {
    await write(`keys/${token}.txt`, "harmless\n");
    await commit();
    const { code, stderr } = await push();
    expect(code).toBe(1);
    expect(stderr).toMatch(mark);
    expect(stderr).not.toContain(token.slice(4, 12));
  });

  test("at the end of 33 MiB of other things, in little memory", async () => {
    await write("data/large.bin", randomFillSync(Buffer.alloc(33 * 1024 * 1024 + 1)));
    await appendFile(join(stack.folder.path, "app/data/large.bin"), `\n${token}\n`);
    await commit();
    const pid = stack.process.pid ?? 0;
    const before = residentMiB(pid);
    let most = before;
    const timer = setInterval(() => {
      most = Math.max(most, residentMiB(pid));
    }, 50);
    const pushed = await push();
    clearInterval(timer);
    expectRefused(pushed, "data/large.bin");
    expect(most - before).toBeLessThan(allowance);
  }, 120_000);
});

test("a clean push lands, pointers of git-lfs and all", async () => {
  await write("src/app.ts", 'export const token = process.env["TOKEN"];\n');
  await write("data/noise.bin", randomFillSync(Buffer.alloc(3 * 1024 * 1024)));
  const oid = sample("{hex:64}");
  await write(
    "movie.mp4",
    `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize 123456789\n`,
  );
  const made = await commit("Read the token from the environment");
  const { code, stderr, landed } = await push();
  expect([code, stderr]).toEqual([0, expect.stringContaining("[new branch]")]);
  expect(landed).toBe(made);
  await stack.upstream.repositories.git("acme/app", ["fsck", "--full", "--strict"]);
  const gone = await git.start("-C", "app", "push", "origin", `:refs/heads/topic-${count}`).ended;
  expect(gone.code, gone.stderr).toBe(0);
});

test("a prompt with a token is refused in the operator's words; one without goes", async () => {
  const ask = (content: string) => {
    const body = JSON.stringify({ model: "demo-model", messages: [{ role: "user", content }] });
    const headers = { "content-type": "application/json" };
    return stack.ask("/copilot/chat/completions", { method: "POST", headers, body });
  };
  const refused = await ask(`Log in with ${token}.`);
  expect(refused.status).toBe(451);
  expect(refused.text).toMatch(mark);
  expect(refused.text).toContain("Ask again without it.");
  expect(refused.text).not.toContain(token.slice(4, 12));
  expect((await ask("Log in.")).status).toBe(200);
});
