import { execFile } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Operation } from "../../../../src/core/operation.ts";
import { git as gitProtocol } from "../../../../src/protocols/git/index.ts";
import { filePackSpools } from "../../../../src/protocols/git/pack/file.ts";
import { type GitHost, git, gitEnv, objectsIn, startGitHost } from "./git-host.ts";

/** `PUSH_MB=200` for a figure; whatever the size, what is held must stay small. */
const megabytes = Number(process.env["PUSH_MB"] ?? "48");
const root = mkdtempSync(join(tmpdir(), "large-"));
const bare = join(root, "acme", "app.git");
const work = join(root, "work");
let host: GitHost;
let judged: readonly Operation[] = [];
let judgedIn = 0;

beforeAll(async () => {
  mkdirSync(work, { recursive: true });
  git(root, "init", "-q", "--bare", "-b", "main", bare);
  git(bare, "config", "http.receivepack", "true");
  git(work, "init", "-q", "-b", "main");
  git(work, "config", "core.bigFileThreshold", "1m");
  git(work, "commit", "-q", "--allow-empty", "-m", "start");
  git(work, "push", "-q", bare, "main");
  const file = openSync(join(work, "random.bin"), "w");
  const block = Buffer.alloc(1024 * 1024);
  for (let at = 0; at < megabytes; at++) writeSync(file, randomFillSync(block));
  closeSync(file);
  git(work, "add", "-A");
  git(work, "commit", "-qm", "large");
  const ports = { spool: filePackSpools(join(root, "spool")), objects: objectsIn(bare) };
  host = await startGitHost(root, gitProtocol(ports), async (parser) => {
    const started = performance.now();
    const answer = await parser.resolve?.();
    judgedIn = performance.now() - started;
    if (answer?.ok === true && answer.value[0].name === "push") judged = answer.value;
    return undefined;
  });
}, 120_000);
afterAll(async () => {
  await host.close();
  rmSync(root, { recursive: true, force: true });
});

it("a large push is judged with memory flat, and lands as it was sent", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const used = () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, used());
  }, 200);
  await promisify(execFile)("git", ["push", "-q", `${host.url}/acme/app.git`, "main"], {
    cwd: work,
    env: gitEnv,
  });
  clearInterval(timer);
  const grown = (peak - before) / 1024 / 1024;
  console.log(
    `${megabytes} MB: memory grew by ${grown.toFixed(1)} MB, judged in ${judgedIn.toFixed(0)} ms`,
  );
  expect(judged[0]?.attributes).toMatchObject({
    branch: "main",
    force: false,
    paths: ["random.bin"],
  });
  expect(git(bare, "rev-parse", "main")).toBe(git(work, "rev-parse", "main"));
  git(bare, "fsck", "--strict", "--no-dangling");
  expect(grown).toBeLessThan(32);
}, 300_000);
