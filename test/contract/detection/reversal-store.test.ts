import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Clock } from "../../../src/base/clock.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { redisReversals } from "../../../src/detection/reversible/redis.ts";
import type { ReversalLimits, ReversalStore } from "../../../src/detection/reversible/store.ts";
import { fileReversals } from "../../../src/detection/reversible/store-file.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";

let server: TestRedis;
let redis: Redis;
let folder: Folder;
/** How far the embedded store's clock is ahead; Redis has its own. */
let ahead = 0;
const clock: Clock = { ...systemClock, now: () => Date.now() + ahead };

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

const day = 86_400_000;
const roomy: ReversalLimits = { lifetime: day, values: 3, bytes: 1000 };
const entries = (...names: readonly string[]) =>
  new Map(names.map((name) => [name, `sealed-${name}`]));

describe.each([
  ["file", (limits: ReversalLimits) => fileReversals(folder.path, limits, clock)],
  ["redis", async (limits: ReversalLimits) => redisReversals(redis, limits)],
] as const)("%s", (kind, open: (limits: ReversalLimits) => Promise<ReversalStore>) => {
  test("keeps what it is given, each session's for itself, over a restart", async () => {
    const store = await open(roomy);
    expect(await store.read("a1")).toEqual(new Map());
    expect(await store.add("a1", entries("x", "y"))).toBe(true);
    expect(await store.add("b1", entries("z"))).toBe(true);
    expect(await store.add("a1", entries("y"))).toBe(true);
    await store.close();
    const again = await open(roomy);
    expect(await again.read("a1")).toEqual(entries("x", "y"));
    expect(await again.read("b1")).toEqual(entries("z"));
  });

  test("keeps no more of one session than it may, all or nothing", async () => {
    const store = await open(roomy);
    expect(await store.add("a2", entries("x", "y"))).toBe(true);
    expect(await store.add("a2", entries("y", "z", "w"))).toBe(false);
    expect(await store.add("a2", entries("x", "y", "z"))).toBe(true);
    expect(await store.add("a2", entries("w"))).toBe(false);
    expect(await store.read("a2")).toEqual(entries("x", "y", "z"));
    expect(await store.add("b2", new Map([["long", "s".repeat(1001)]]))).toBe(false);
    expect(await store.read("b2")).toEqual(new Map());
  });

  test("takes the same twice at once for one", async () => {
    const store = await open(roomy);
    const added = await Promise.all([1, 2, 3, 4].map(() => store.add("a3", entries("x", "y"))));
    expect(added).toEqual([true, true, true, true]);
    expect(await store.add("a3", entries("z"))).toBe(true);
    expect(await store.read("a3")).toEqual(entries("x", "y", "z"));
  });

  test("forgets what has not been used for a lifetime, and not before", async () => {
    const store = await open({ ...roomy, lifetime: 400 });
    await store.add("a4", entries("x"));
    if (kind === "redis") {
      expect(await redis.pttl("sallyport:placeholders:a4")).toBeLessThanOrEqual(400);
      await expect
        .poll(() => store.read("a4").then((kept) => kept.size), { interval: 600 })
        .toBe(0);
      expect(await redis.exists("sallyport:placeholders:a4")).toBe(0);
      return;
    }
    ahead = 300;
    expect((await store.read("a4")).size).toBe(1);
    ahead = 600;
    expect((await store.read("a4")).size).toBe(1);
    ahead = 1100;
    await store.add("b4", entries("y"));
    await store.sweep();
    expect(await store.read("a4")).toEqual(new Map());
    expect(await store.read("b4")).toEqual(entries("y"));
    ahead = 0;
  });
});

test("Redis: to read is to use, and what is gone is an outage", async () => {
  const store = redisReversals(redis, roomy);
  await store.add("a5", entries("x"));
  await redis.pexpire("sallyport:placeholders:a5", 5000);
  await store.read("a5");
  expect(await redis.pttl("sallyport:placeholders:a5")).toBeGreaterThan(5000);
  await redis.set("sallyport:placeholders:a6", "not a hash");
  await expect(store.read("a6")).rejects.toThrow();
  await expect(store.add("a6", entries("x"))).rejects.toThrow();
});

test("file: a line that a stop cut short does not spoil the next", async () => {
  const { appendFile } = await import("node:fs/promises");
  const store = await fileReversals(folder.path, roomy, systemClock);
  await store.add("a7", entries("x"));
  await appendFile(`${folder.path}/a7`, "\ny sea");
  await store.add("a7", entries("z"));
  expect((await store.read("a7")).get("z")).toBe("sealed-z");
});
