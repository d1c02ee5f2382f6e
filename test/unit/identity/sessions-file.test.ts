import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import { fileSessions } from "../../../src/identity/sessions/file.ts";
import { grant } from "./grants.ts";

let dir: string;

describe("the embedded session store", () => {
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "sessions-"));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it("keeps no token, in a file that its owner alone may read", async () => {
    const store = await fileSessions(dir, systemClock);
    await store.save(grant());
    await store.close();
    const path = join(dir, "sessions.jsonl");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, "utf8")).not.toContain("token ");
  });

  it("starts after a crash in the middle of a line, and drops only that line", async () => {
    const store = await fileSessions(dir, systemClock);
    const kept = grant();
    await store.save(kept);
    await store.close();
    const path = join(dir, "sessions.jsonl");
    await writeFile(path, `${await readFile(path, "utf8")}{"kind":"revoke-gra`);
    const next = await fileSessions(dir, systemClock);
    expect(await next.find(kept.hash)).toEqual(kept);
    await next.close();
  });

  it("does not grow without end", async () => {
    const store = await fileSessions(dir, systemClock);
    for (let i = 0; i < 20; i++) await store.save(grant());
    await store.close();
    const later = { ...systemClock, now: () => systemClock.now() + 60_001 };
    const next = await fileSessions(dir, later);
    await next.close();
    const lines = (await readFile(join(dir, "sessions.jsonl"), "utf8")).split("\n").length;
    expect(lines).toBeLessThan(10);
  });
});
