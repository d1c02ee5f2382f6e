import { randomFillSync } from "node:crypto";
import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cloneApp } from "../support/app-clone.ts";
import { residentMiB } from "../support/bare-stack.ts";
import type { Git } from "../support/clients.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** A push that is held, read to its last object, judged by what it changes and let go, at `PUSH_MB=200` for the figure. */
const megabytes = Number(process.env["PUSH_MB"] ?? "24");
/** What Sallyport may take on top of what it has, whatever the size of the push, in MiB. */
const allowance = 160;
const policy = `rules:
  - id: ci
    when: { access: write, attributes: { paths: { some: ".github/workflows/**" } } }
    then: [{ deny: { reason: "People change what CI runs." } }]
  - id: by-what-it-changes
    when: { operation: push, attributes: { paths: { every: "data/**" } } }
    then: [inject]
  - id: reading
    when: { access: read }
    then: [inject]
otherwise: [{ deny: { reason: "No rule allows this." } }]
`;

let stack: Stack;
let git: Git;
beforeAll(async () => {
  stack = await startStack({ policy });
  git = await cloneApp(stack, {
    "core.compression": "0",
    "core.bigFileThreshold": "1m",
    "pack.window": "0",
  });
}, 120_000);
afterAll(() => stack?.stop());

async function write(path: string): Promise<void> {
  const file = await open(join(stack.folder.path, "app", path), "w");
  const block = Buffer.alloc(1 << 20);
  for (let count = 0; count < megabytes; count++) await file.write(randomFillSync(block));
  await file.close();
}

/** Pushes, and gives what git said and the most that Sallyport took meanwhile, in MiB. */
async function push(ref: string) {
  const pid = stack.process.pid ?? 0;
  const before = residentMiB(pid);
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, residentMiB(pid));
  }, 50);
  const started = performance.now();
  const ended = await git.start("-C", "app", "push", "origin", `HEAD:refs/heads/${ref}`).ended;
  const seconds = (performance.now() - started) / 1000;
  clearInterval(timer);
  if (process.env["PUSH_MB"] !== undefined)
    console.log(
      `${megabytes} MB to ${ref}: ${seconds.toFixed(1)} s, ${before.toFixed(0)} MiB before, ${most.toFixed(0)} MiB at most`,
    );
  return { ...ended, grown: most - before };
}

test("a large push is judged by its paths in little memory, and lands byte for byte", async () => {
  await mkdir(join(stack.folder.path, "app", "data"));
  await write("data/large.bin");
  await git.run("-C", "app", "add", "-A");
  await git.run("-C", "app", "commit", "-qm", "Large");
  const made = await git.run("-C", "app", "rev-parse", "HEAD");
  const { code, stderr, grown } = await push("large");
  expect(code, stderr).toBe(0);
  const { repositories } = stack.upstream;
  expect(await repositories.head("acme/app", "refs/heads/large")).toBe(made);
  // Every object is there, and is what its id says.
  await repositories.git("acme/app", ["fsck", "--full", "--strict"]);
  expect(grown).toBeLessThan(allowance);
}, 300_000);

test("a large push that also edits CI is refused, in as little memory, and nothing of it arrives", async () => {
  await mkdir(join(stack.folder.path, "app", ".github/workflows"), { recursive: true });
  await write("data/more.bin");
  await writeFile(join(stack.folder.path, "app", ".github/workflows/ci.yml"), "on: push\n");
  await git.run("-C", "app", "add", "-A");
  await git.run("-C", "app", "commit", "-qm", "More");
  const before = stack.upstream.bytesReceived();
  const { code, stderr, grown } = await push("more");
  expect(code).toBe(1);
  expect(stderr).toContain("People change what CI runs.");
  // The discovery, and questions about trees: next to nothing of the push.
  expect(stack.upstream.bytesReceived() - before).toBeLessThan(100_000);
  expect(grown).toBeLessThan(allowance);
}, 300_000);
