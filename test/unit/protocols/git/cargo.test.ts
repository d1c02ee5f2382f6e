import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packCargo } from "../../../../src/protocols/git/cargo.ts";
import type { ContentSource } from "../../../../src/protocols/objects/source.ts";
import type { KeptBody } from "../../../../src/protocols/protocol.ts";
import { git, gitEnv, objectsIn } from "./git-host.ts";

/** Packs as real git makes them, whole and spoilt: either every object is shown, or it is said that not. */
const root = mkdtempSync(join(tmpdir(), "cargo-"));
let first: string;
let second: string;
let whole: Buffer;
let thin: Buffer;

beforeAll(() => {
  git(root, "init", "-q", "-b", "main");
  mkdirSync(join(root, "docs"));
  const lines = Array.from({ length: 500 }, (_, at) => `line ${at} ${Math.cos(at)}`);
  writeFileSync(join(root, "docs/long.txt"), lines.join("\n"));
  git(root, "add", "-A");
  git(root, "commit", "-qm", "First");
  first = git(root, "rev-parse", "HEAD");
  writeFileSync(join(root, "docs/long.txt"), lines.with(250, "changed").join("\n"));
  git(root, "commit", "-qam", "Second");
  second = git(root, "rev-parse", "HEAD");
  whole = packOf(`${second}\n`);
  thin = packOf(`${second}\n^${first}\n`, "--thin");
});
afterAll(() => rmSync(root, { recursive: true }));

function packOf(revisions: string, ...args: readonly string[]): Buffer {
  const options = { cwd: root, env: gitEnv, input: revisions, stdio: "pipe" as const };
  return execFileSync("git", ["pack-objects", "--revs", "--stdout", "-q", ...args], options);
}

const theirs: ContentSource = {
  blob: async (_resource, id) => execFileSync("git", ["cat-file", "blob", id], { cwd: root }),
  file: async () => undefined,
};

/** What is shown of a pack that stands behind other bytes, and how it ends. */
async function examined(bytes: Uint8Array, contents?: ContentSource) {
  const ahead = Buffer.from("commands");
  const body = Buffer.concat([ahead, bytes]);
  const pack: KeptBody = {
    size: body.length,
    read: (offset, length) => body.subarray(offset, offset + length),
  };
  const cargo = packCargo({
    resource: "github.com/acme/app",
    pack,
    packAt: ahead.length,
    hash: "sha1",
    objects: objectsIn(join(root, ".git")),
    contents,
    pathOf: () => undefined,
  });
  const seen = new Map<string, string>();
  const { ok } = await cargo.examine({
    whole: (kind, id) => seen.set(id, kind),
    large: () => ({ write: () => undefined, end: () => undefined }),
  });
  return { ok, seen, cargo };
}

test("every object of a whole pack is shown once, and its place is known", async () => {
  const { ok, seen, cargo } = await examined(whole);
  expect(ok).toBe(true);
  const ids = git(root, "rev-list", "--objects", "--no-object-names", second).split("\n");
  expect([...seen.keys()].sort()).toEqual(ids.sort());
  expect(seen.get(first)).toBe("commit");
  const blob = git(root, "rev-parse", `${second}:docs/long.txt`);
  expect(await cargo.placeOf(blob)).toBe("docs/long.txt");
  expect(await cargo.placeOf(first)).toBeUndefined();
});

test("a difference from what the upstream has is shown if that can be had, else it is said", async () => {
  const blob = git(root, "rev-parse", `${second}:docs/long.txt`);
  const asked = await examined(thin, theirs);
  expect([asked.ok, asked.seen.get(blob)]).toEqual([true, "blob"]);
  const alone = await examined(thin);
  expect([alone.ok, alone.seen.get(blob)]).toEqual([false, undefined]);
  const silent = await examined(thin, { ...theirs, blob: () => Promise.reject(new Error("down")) });
  expect(silent.ok).toBe(false);
});

test("no pack at all is nothing to show", async () => {
  expect((await examined(new Uint8Array(0))).ok).toBe(true);
});

test("a pack cut anywhere, with bytes behind it, of another version, or changed, is never taken for read", async () => {
  for (let length = 1; length < whole.length; length += 1 + (whole.length >> 8))
    expect((await examined(whole.subarray(0, length))).ok, `cut at ${length}`).toBe(false);
  expect((await examined(Buffer.concat([whole, Buffer.from("more")]))).ok).toBe(false);
  const version = Buffer.from(whole);
  version.writeUInt32BE(4, 4);
  expect((await examined(version)).ok).toBe(false);
  const fewer = Buffer.from(whole);
  fewer.writeUInt32BE(whole.readUInt32BE(8) - 1, 8);
  expect((await examined(fewer)).ok).toBe(false);
  const spoilt = Buffer.from(whole);
  spoilt[whole.length >> 1] = (spoilt[whole.length >> 1] ?? 0) ^ 0xff;
  expect((await examined(spoilt)).ok).toBe(false);
});
