import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApprovals } from "../../../src/approvals/approvals.ts";
import { openRedisStore } from "../../../src/approvals/redis.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { Secret } from "../../../src/base/secret.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";
import { houseOf, someFacts } from "../../unit/approvals/house.ts";

// PARKED=5000 for the figure that the documentation gives.
const parked = Number(process.env["PARKED"] ?? 300);

describe("many parked requests", () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  const openHouse = async () => {
    const clock = systemClock;
    const store = await openRedisStore({ url: redis.url, clock });
    while (!(await store.ready()).ok) await new Promise((done) => setTimeout(done, 5));
    const key = new Secret("k".repeat(32));
    const defaults = { hold: 600_000, expires: 3_600_000 };
    return houseOf(createApprovals({ store, clock, defaults, key }), store);
  };

  test(`${parked} on one process, decided on another: each goes on soon after its own decision`, {
    timeout: 300_000,
  }, async () => {
    const [gateway, desk] = [await openHouse(), await openHouse()];
    const never = new AbortController().signal;
    globalThis.gc?.();
    const before = process.memoryUsage();
    const waiting = new Map<string, Promise<number>>();
    for (let at = 0; at < parked; at += 100)
      await Promise.all(
        Array.from({ length: Math.min(100, parked - at) }, async (_, i) => {
          const parking = await gateway.park(someFacts({ body: `${at + i}` }));
          const resumed = parking.settle(never).then(({ kind }) => {
            expect(kind).toBe("proceed");
            return performance.now();
          });
          waiting.set(parking.approval, resumed);
        }),
      );
    globalThis.gc?.();
    const after = process.memoryUsage();
    const ids = [...waiting.keys()];
    const [spaced, burst] = [ids.slice(0, ids.length / 2), ids.slice(ids.length / 2)];
    const delay = async (id: string): Promise<number> => {
      await desk.say(id as never, "approve");
      const decided = performance.now();
      return Math.max(0, ((await waiting.get(id)) ?? Number.NaN) - decided);
    };
    const one: number[] = [];
    for (let at = 0; at < spaced.length; at += 5)
      one.push(...(await Promise.all(spaced.slice(at, at + 5).map(delay))));
    const many = await Promise.all(burst.map(delay));
    const p95 = (delays: readonly number[]) =>
      delays.toSorted((a, b) => a - b)[Math.floor(delays.length * 0.95)] ?? Number.NaN;
    const heap = (after.heapUsed - before.heapUsed) / parked;
    console.log(
      `${parked} parked: ${Math.round(heap)} bytes of heap each, p95 from decision to going on ` +
        `${p95(one).toFixed(1)} ms five at a time, ${p95(many).toFixed(1)} ms with ${burst.length} at once`,
    );
    expect(p95(one)).toBeLessThan(500);
    await Promise.all([gateway.end(), desk.end()]);
  });
});
