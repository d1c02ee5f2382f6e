import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import type { Revocation } from "../../../src/identity/identity.ts";
import { redisSessions } from "../../../src/identity/sessions/redis.ts";
import { freePort } from "../../support/ports.ts";
import { startRedis } from "../../support/redis.ts";
import { grant } from "../../unit/identity/grants.ts";

const later = systemClock.now() + 3_600_000;

describe("a gateway that loses the Redis of its sessions", () => {
  it("hears of what was revoked while it was away, even where the stream was cut short", async () => {
    const own = await startRedis();
    const redis = own.client();
    const store = redisSessions(redis, systemClock);
    const [before, session] = [grant().session, grant().session];
    const heard: Revocation[] = [];
    let wake = () => {};
    const told = () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      });
    store.follow((revocation) => {
      heard.push(revocation);
      wake();
    });
    let next = told();
    await store.revokeSession(before, later);
    await next;
    next = told();
    await redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await redis
      .multi()
      .zadd("{sallyport-sessions}:revoked", later, session)
      .xtrim("{sallyport-sessions}:revocations", "MAXLEN", 0)
      .exec();
    await next;
    expect(heard.at(-1)).toEqual({ kind: "session", session });
    expect(heard).toHaveLength(2);
    expect(await store.isRevoked(session)).toBe(true);
    await store.close();
    redis.disconnect();
    await own.stop();
  });

  it("goes by what it knows while Redis is gone, for as long as it may", async () => {
    const own = await startRedis();
    let ahead = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + ahead };
    const redis = new Redis(own.port, "127.0.0.1", {
      maxRetriesPerRequest: 0,
      retryStrategy: () => 20,
    });
    redis.on("error", () => {});
    const store = redisSessions(redis, clock, { idTokens: 600_000, sessionTokens: 300_000 });
    const [seen, unseen, ended, banned] = [grant(), grant(), grant(), grant()];
    for (const one of [seen, unseen, ended, banned]) await store.save({ ...one, expiresAt: later });
    for (const one of [seen, ended, banned]) expect(await store.find(one.hash)).toBeDefined();
    const told: Revocation[] = [];
    const both = new Promise<void>((resolve) => {
      store.follow((revocation) => told.push(revocation) === 2 && resolve());
    });
    await store.revokeGrant(ended.id);
    await store.revokeSession(banned.session, later);
    await both;
    await own.crash();
    expect(await store.isRevoked(seen.session)).toBe(false);
    expect(await store.isRevoked(banned.session)).toBe(true);
    expect(await store.find(seen.hash)).toMatchObject({ id: seen.id });
    for (const one of [unseen, ended, banned]) await expect(store.find(one.hash)).rejects.toThrow();
    ahead = 400_000;
    await expect(store.find(seen.hash)).rejects.toThrow();
    expect(await store.isRevoked(seen.session)).toBe(false);
    ahead = 700_000;
    await expect(store.isRevoked(seen.session)).rejects.toThrow();
    expect(await store.isRevoked(banned.session)).toBe(true);
    await store.close();
    redis.disconnect();
    await own.stop();
  });

  it("asks for what it does not know as soon as Redis is back, also before it hears of revocations again", async () => {
    const own = await startRedis();
    let ahead = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + ahead };
    const redis = own.client();
    const nobody = await freePort();
    const nowhere = { maxRetriesPerRequest: 0, retryStrategy: () => 20 };
    // The connection for revocations alone does not come back.
    let refused = 0;
    redis.duplicate = () =>
      new Redis(nobody, "127.0.0.1", nowhere).on("error", () => void refused++);
    const store = redisSessions(redis, clock, { idTokens: 600_000, sessionTokens: 600_000 });
    const unseen = grant();
    await store.save({ ...unseen, expiresAt: later });
    await expect.poll(() => refused, { timeout: 10_000 }).toBeGreaterThan(2);
    ahead = 60_000;
    expect(await store.find(unseen.hash)).toMatchObject({ id: unseen.id });
    await store.close();
    redis.disconnect();
    await own.stop();
  });
});
