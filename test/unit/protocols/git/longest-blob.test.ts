import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { PackReader } from "../../../../src/protocols/git/pack/reader.ts";
import { git, gitEnv } from "./git-host.ts";

/** Files that nobody could use are walked over: unpacking one took as much memory as the file, several times. */
const root = mkdtempSync(join(tmpdir(), "longest-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it("a file past the longest is not there, and whatever comes before and behind it is", async () => {
  git(root, "init", "-q", "-b", "main");
  for (const [name, length] of Object.entries({ "a.txt": 10, "b.bin": 200_000, "c.txt": 4096 }))
    writeFileSync(join(root, name), "x".repeat(length));
  git(root, "add", "-A");
  git(root, "commit", "-qm", "files");
  const id = (name: string) => git(root, "rev-parse", name).trim();
  const env = gitEnv;
  const pack = execFileSync("git", ["-C", root, "pack-objects", "--stdout", "--all", "-q"], {
    env,
  });
  const bytes = {
    size: pack.length,
    read: (offset: number, length: number) => pack.subarray(offset, offset + length),
  };
  const reader = new PackReader(bytes, 0, "sha1", { blobs: true, longestBlob: 4096 });
  expect(await reader.find(id("HEAD:b.bin"))).toBeUndefined();
  expect((await reader.find(id("HEAD:a.txt")))?.content.length).toBe(10);
  expect((await reader.find(id("HEAD:c.txt")))?.content.length).toBe(4096);
  expect(await reader.commit(id("HEAD"))).toBeDefined();
  const whole = new PackReader(bytes, 0, "sha1", { blobs: true });
  expect((await whole.find(id("HEAD:b.bin")))?.content.length).toBe(200_000);
});
