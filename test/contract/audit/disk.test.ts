import { execFileSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Audit } from "../../../src/audit/audit.ts";
import { verifyLog } from "../../../src/audit/transparency/verify-file.ts";
import { FaultyDisk } from "./faulty-disk.ts";
import { closing, open } from "./opened.ts";
import { recordedIds } from "./recorded.ts";
import { freshDir, sampleCompletion, sampleIntent } from "./sample.ts";

/** Records `count` exchanges at once; gives the ids that were acknowledged and the number that were refused. */
async function exchanges(audit: Audit, count: number) {
  const intents = Array.from({ length: count }, () => sampleIntent());
  const acked: string[] = [];
  await Promise.all(
    intents.map(async (intent) => {
      await audit.intent(intent).then(
        () => {
          acked.push(intent.id);
          audit.complete(sampleCompletion(intent));
        },
        () => audit.complete(sampleCompletion(intent, { end: "refused", status: 503 })),
      );
    }),
  );
  return { acked, refused: count - acked.length };
}

async function expectWhole(dir: string, acked: readonly string[]): Promise<void> {
  const ids = await recordedIds(dir, "r1");
  expect(acked.filter((id) => !ids.has(id))).toEqual([]);
  expect(await verifyLog({ dir, keys: [], older: [] })).toMatchObject({
    value: { ok: true, problems: [] },
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe.each(["full", "io", "readonly"] as const)("a disk that says %s", (fault) => {
  it("refuses every intent, keeps what it acknowledged, and recovers by itself", async () => {
    const dir = await freshDir();
    const disk = new FaultyDisk();
    const audit = await open(dir, { disk });
    const before = await exchanges(audit, 20);
    expect(before.refused).toBe(0);
    disk.fault = fault;
    const during = await exchanges(audit, 20);
    expect(during.acked).toEqual([]);
    expect(audit.ready().ok).toBe(false);
    disk.heal();
    await until(() => audit.ready().ok);
    const after = await exchanges(audit, 20);
    expect(after.refused).toBe(0);
    await audit.close();
    await expectWhole(dir, [...before.acked, ...after.acked]);
  });
});

describe("a disk that hangs", () => {
  it("makes intents fail after the deadline and the next ones too, and recovers when it answers", async () => {
    const dir = await freshDir();
    const disk = new FaultyDisk();
    const audit = await open(dir, { disk, deadline: 400 });
    const before = await exchanges(audit, 5);
    disk.fault = "hang";
    const started = Date.now();
    const during = await exchanges(audit, 5);
    const later = await exchanges(audit, 5);
    expect([during.acked, later.acked]).toEqual([[], []]);
    expect(Date.now() - started).toBeLessThan(5000);
    expect(audit.ready()).toEqual({ ok: false, error: "the audit log's disk does not answer" });
    disk.heal();
    await until(() => audit.ready().ok);
    const after = await exchanges(audit, 5);
    expect(after.refused).toBe(0);
    await audit.close();
    await expectWhole(dir, [...before.acked, ...after.acked]);
  });
});

describe("a completion while the disk is broken", () => {
  it("is kept and written when the disk is well again", async () => {
    const dir = await freshDir();
    const disk = new FaultyDisk();
    const lines: string[] = [];
    const audit = await open(dir, { disk, out: (line) => lines.push(line) });
    const intent = sampleIntent();
    await audit.intent(intent);
    disk.fault = "io";
    audit.complete(sampleCompletion(intent));
    await until(() => !audit.ready().ok);
    expect(lines).toEqual([]);
    disk.heal();
    await until(() => lines.length > 0);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ id: intent.id, end: "completed" });
  });
});

const canMount = mountable();

describe.runIf(canMount)("a real file system of 1 MiB", () => {
  it("that is full refuses, and goes on once there is room", async () => {
    const dir = await mounted("size=1m");
    const audit = await open(dir, { checkpointEvery: 50 });
    const filler = join(dir, "filler");
    try {
      execFileSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=64k"], { stdio: "ignore" });
    } catch {
      // dd says that the disk is full, which is what it is here for.
    }
    const during = await exchanges(audit, 200);
    expect(during.refused).toBeGreaterThan(0);
    expect(audit.ready().ok).toBe(false);
    await rm(filler);
    await until(() => audit.ready().ok);
    const after = await exchanges(audit, 20);
    expect(after.refused).toBe(0);
    await audit.close();
    await expectWhole(dir, [...during.acked, ...after.acked]);
  });

  it("that turns read-only refuses, and goes on once it can be written", async () => {
    const dir = await mounted("size=4m");
    const audit = await open(dir, { segmentBytes: 4096, checkpointEvery: 50 });
    const before = await exchanges(audit, 10);
    // A file system with a file open for writing cannot be remounted; a bind mount over it can.
    execFileSync("mount", ["--bind", dir, dir]);
    closing.push(async () => execFileSync("umount", ["-l", dir]));
    execFileSync("mount", ["-o", "remount,bind,ro", dir]);
    const during = await exchanges(audit, 10);
    expect(during.acked).toEqual([]);
    execFileSync("mount", ["-o", "remount,bind,rw", dir]);
    await until(() => audit.ready().ok);
    const after = await exchanges(audit, 10);
    await audit.close();
    await expectWhole(dir, [...before.acked, ...after.acked]);
  });
});

async function mounted(options: string): Promise<string> {
  const dir = await freshDir();
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", dir]);
  closing.push(async () => execFileSync("umount", ["-l", dir]));
  return dir;
}

function mountable(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"], { stdio: "ignore" });
    execFileSync("umount", ["/mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
