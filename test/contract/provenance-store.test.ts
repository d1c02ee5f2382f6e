import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CommitProvenance } from "../../src/provenance/answer.ts";
import { redisProvenance } from "../../src/provenance/redis.ts";
import type { Kept, ProvenanceStore } from "../../src/provenance/store.ts";
import { fileProvenance } from "../../src/provenance/store-file.ts";
import { originOf, pack } from "../../src/provenance/suggestion.ts";
import { veil } from "../../src/provenance/veil.ts";
import { type Folder, temporaryFolder } from "../support/folder.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const hidden = veil(Buffer.from("a key"));
const day = 24 * 3_600_000;
const now = Date.now();
let server: TestRedis;
let redis: Redis;
let folder: Folder;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
  folder = await temporaryFolder();
});
afterAll(async () => {
  redis?.disconnect();
  await server?.stop();
  await folder?.remove();
});

function kept(scope: string, session: string, record: string, at = now): Kept {
  const hashes = { exact: Float64Array.of(1, 2 ** 47), abstract: new Float64Array() };
  const origin = { record, index: 0, session, at, principal: "p", turn: 1, lines: 7 };
  return { scope, session, at, packed: pack({ ...origin, hashes }, hidden) };
}

function found(commit: string, session: string): CommitProvenance {
  return {
    commit,
    repository: "github.com/acme/app",
    seen: [{ kind: "push", record: "r", session, principal: "p", at: now }],
    evidence: "none",
    why: "",
    added: 0,
    files: [],
    claims: [],
    compared: 0,
    base: "whole",
  };
}

describe.each([
  ["file", () => fileProvenance(folder.path)],
  ["redis", async () => redisProvenance(redis)],
] as const)("%s", (_name, open: () => Promise<ProvenanceStore>) => {
  let store: ProvenanceStore;
  beforeAll(async () => {
    store = await open();
  });
  const records = async (...scopes: readonly string[]) =>
    (await store.suggestions(scopes, now)).map((one) => originOf(one).record).toSorted();

  test("suggestions are found by scope, for 90 days, also by whoever opens the state anew", async () => {
    await store.save([kept("a", "s1", "1"), kept("a", "s2", "2", now - 89 * day)]);
    await store.save([kept("b", "s1", "3"), kept("a", "s1", "4", now - 92 * day)]);
    expect(await records("a")).toEqual(["1", "2"]);
    expect(await records("a", "b", "a")).toEqual(["1", "2", "3"]);
    expect(await records("c")).toEqual([]);
    store = await open();
    expect(await records("b")).toEqual(["3"]);
  });

  test("what is past its time goes, and nothing else", async () => {
    await store.sweep(now);
    expect(await records("a")).toEqual(["1", "2"]);
  });

  test("a session's suggestions are forgotten, in every scope, and nobody else's", async () => {
    expect(await store.forget("s1")).toBeGreaterThanOrEqual(2);
    expect(await records("a", "b")).toEqual(["2"]);
    expect(await store.forget("s1")).toBe(0);
  });

  test("commits are found by id and by session", async () => {
    const [one, other] = ["1".repeat(40), "2".repeat(40)] as [string, string];
    await store.saveCommit(found(one, "s1"));
    await store.saveCommit(found(other, "s1"));
    await store.saveCommit({ ...found(one, "s1"), why: "again" });
    expect(await store.commit(one)).toMatchObject({ commit: one, why: "again" });
    expect(await store.commit("3".repeat(40))).toBeUndefined();
    expect(await store.commitsOf("s1")).toEqual([one, other]);
    expect(await store.commitsOf("s2")).toEqual([]);
  });
});
