import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { temporaryFolder } from "../support/folder.ts";
import { type Stack, startStack } from "../support/stack.ts";

const policy = `rules:
  - id: all
    then: [ { inject: {} } ]
otherwise: [ { deny: {} } ]
`;

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(auditDir?: string): Promise<Stack> {
  const config = auditDir === undefined ? {} : { audit: { dir: auditDir } };
  const stack = await startStack({ policy, config });
  closing.push(() => stack.stop());
  return stack;
}

/** While the records cannot be written, requests of every kind are refused and none reaches the upstream; then all is well. */
async function expectClosedWhile(stack: Stack, broken: () => unknown, mended: () => unknown) {
  expect((await stack.ask("/api/v3/user")).status).toBe(200);
  await broken();
  // A small record may still find room; what is refused counts from the first refusal on.
  await expect
    .poll(async () => (await stack.ask("/api/v3/user")).status, { timeout: 30_000 })
    .toBe(503);
  const received = stack.upstream.bytesReceived();
  for (const method of ["GET", "POST", "DELETE"]) {
    const body = method === "POST" ? { body: JSON.stringify({ name: "x".repeat(1000) }) } : {};
    expect((await stack.ask("/api/v3/user/repos", { method, ...body })).status).toBe(503);
  }
  expect(stack.upstream.bytesReceived()).toBe(received);
  expect((await stack.person("ada")("/readyz")).status).toBe(503);
  await mended();
  await expect
    .poll(async () => (await stack.ask("/api/v3/user")).status, { timeout: 30_000 })
    .toBe(200);
  expect(stack.upstream.bytesReceived()).toBeGreaterThan(received);
  expect(stack.process.exitCode).toBeNull();
}

test("no file of the gateway may grow: 503, nothing upstream, and well again without a restart", async () => {
  const stack = await start();
  const limit = (bytes: string) =>
    execFileSync("prlimit", [`--pid=${stack.process.pid}`, `--fsize=${bytes}:`]);
  await expectClosedWhile(
    stack,
    () => limit("0"),
    () => limit("unlimited"),
  );
}, 120_000);

const canMount = able("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs"], "umount", []);
const canFreeze = able("chattr", ["+i"], "chattr", ["-i"]);

test.runIf(canMount)(
  "a full disk: 503, nothing upstream, and well again once there is room",
  async () => {
    const disk = await mounted();
    const stack = await start(join(disk, "audit"));
    const filler = join(disk, "filler");
    await expectClosedWhile(
      stack,
      () => fill(filler),
      () => rm(filler),
    );
  },
  120_000,
);

// A file system with a file open for writing cannot be remounted read-only; its files can be made so one by one.
test.runIf(canFreeze)(
  "a read-only disk: 503, nothing upstream, and well again once it can be written",
  async () => {
    const stack = await start();
    const audit = join(stack.folder.path, "data", "audit");
    const freeze = (flag: string) => execFileSync("chattr", ["-R", flag, audit]);
    closing.push(() => freeze("-i"));
    await expectClosedWhile(
      stack,
      () => freeze("+i"),
      () => freeze("-i"),
    );
  },
  120_000,
);

function fill(path: string): void {
  try {
    execFileSync("dd", ["if=/dev/zero", `of=${path}`, "bs=4k"], { stdio: "ignore" });
  } catch {
    // dd says that the disk is full, which is what it is here for.
  }
}

async function mounted(): Promise<string> {
  const folder = await temporaryFolder();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder.path]);
  closing.push(async () => {
    execFileSync("umount", ["-l", folder.path]);
    await folder.remove();
  });
  return folder.path;
}

/** Whether that can be done to a folder here, and undone; where not, the limit on file sizes alone stands for a bad disk. */
function able(
  does: string,
  how: readonly string[],
  undoes: string,
  back: readonly string[],
): boolean {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-able-"));
  try {
    execFileSync(does, [...how, folder], { stdio: "ignore" });
    execFileSync(undoes, [...back, folder], { stdio: "ignore" });
    return true;
  } catch {
    console.warn(`${does} cannot be used here: not every kind of bad disk is tested`);
    return false;
  }
}
