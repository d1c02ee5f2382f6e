import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import { Secret } from "../../../src/base/secret.ts";
import { hashToken, type Revocation } from "../../../src/identity/identity.ts";
import { fileSessions } from "../../../src/identity/sessions/file.ts";
import { redisSessions } from "../../../src/identity/sessions/redis.ts";
import type { SessionStore } from "../../../src/identity/sessions/store.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";
import { grant } from "../../unit/identity/grants.ts";
import { startCluster, type TestCluster } from "./cluster.ts";

const soon = () => systemClock.now() + 60_000;
const past = () => systemClock.now() - 1;

interface Kind {
  readonly name: string;
  before(): Promise<void>;
  after(): Promise<void>;
  /** Another gateway on the same state; for the embedded store, the next start on the same folder. */
  open(): Promise<SessionStore>;
}

let server: TestRedis;
let cluster: TestCluster;
let dir: string;
const kinds: readonly Kind[] = [
  {
    name: "embedded",
    before: async () => {
      dir = await mkdtemp(join(tmpdir(), "sessions-"));
    },
    after: () => rm(dir, { recursive: true }),
    open: () => fileSessions(dir, systemClock),
  },
  {
    name: "redis",
    before: async () => {
      server = await startRedis();
    },
    after: () => server.stop(),
    open: async () => {
      const redis = server.client();
      const store = redisSessions(redis, systemClock);
      const close = async () => {
        await store.close();
        redis.disconnect();
      };
      return { ...store, close };
    },
  },
  {
    name: "redis cluster",
    before: async () => {
      cluster = await startCluster();
    },
    after: () => cluster.stop(),
    open: async () => {
      const redis = cluster.client();
      const store = redisSessions(redis, systemClock);
      const close = async () => {
        await store.close();
        redis.disconnect();
      };
      return { ...store, close };
    },
  },
];

describe.each(kinds)("the $name session store", (kind) => {
  let store: SessionStore;
  beforeAll(() => kind.before());
  afterAll(() => kind.after());
  beforeEach(async () => {
    store = await kind.open();
  });
  afterEach(() => store.close());

  it("finds a grant by its token's hash, whole, and no other", async () => {
    const kept = grant();
    await store.save(kept);
    expect(await store.find(kept.hash)).toEqual(kept);
    expect(await store.find(hashToken(new Secret("another")))).toBeUndefined();
  });

  it("does not find what has expired", async () => {
    const kept = grant({ expiresAt: past() });
    await store.save(kept);
    expect(await store.find(kept.hash)).toBeUndefined();
    expect((await store.list()).map(({ id }) => id)).not.toContain(kept.id);
  });

  it("lists live grants, oldest first", async () => {
    const [a, b] = [grant(), grant()];
    await store.save(b);
    await store.save(a);
    const mine = (await store.list()).filter(({ id }) => id === a.id || id === b.id);
    expect(new Set(mine)).toEqual(new Set([a, b]));
  });

  it("survives a restart", async () => {
    const [kept, ended, banned] = [grant(), grant(), grant()];
    for (const each of [kept, ended, banned]) await store.save(each);
    await store.revokeGrant(ended.id);
    await store.revokeSession(banned.session, soon());
    await store.once("seen-before-restart", soon());
    await store.close();
    store = await kind.open();
    expect(await store.find(kept.hash)).toEqual(kept);
    expect(await store.find(ended.hash)).toBeUndefined();
    expect(await store.find(banned.hash)).toBeUndefined();
    expect(await store.isRevoked(banned.session)).toBe(true);
    expect(await store.once("seen-before-restart", soon())).toBe(false);
  });

  it("ends one grant and leaves its sibling", async () => {
    const first = grant();
    const sibling = grant({ session: first.session });
    await store.save(first);
    await store.save(sibling);
    expect(await store.revokeGrant(first.id)).toBe(true);
    expect(await store.revokeGrant(first.id)).toBe(false);
    expect(await store.find(first.hash)).toBeUndefined();
    expect(await store.find(sibling.hash)).toEqual(sibling);
  });

  it("ends a session with all its grants, those of the future too", async () => {
    const [before] = [grant()];
    await store.save(before);
    await store.revokeSession(before.session, soon());
    const after = grant({ session: before.session });
    await store.save(after);
    expect(await store.find(before.hash)).toBeUndefined();
    expect(await store.find(after.hash)).toBeUndefined();
    expect(await store.isRevoked(before.session)).toBe(true);
    expect((await store.list()).some(({ session }) => session === before.session)).toBe(false);
  });

  it("forgets a revocation when its time is over", async () => {
    const session = grant().session;
    await store.revokeSession(session, past());
    expect(await store.isRevoked(session)).toBe(false);
  });

  it("says yes once to a key, however many ask at once", async () => {
    const key = grant().id;
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.once(key, soon())));
    expect(answers.filter((yes) => yes)).toHaveLength(1);
    expect(await store.once(`${key}-other`, soon())).toBe(true);
  });

  it("tells followers of each revocation within a second, and not after they stop", async () => {
    const heard: Revocation[] = [];
    let wake = () => {};
    const stop = store.follow((revocation) => {
      heard.push(revocation);
      wake();
    });
    const kept = grant();
    await store.save(kept);
    const next = () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      });
    let waiting = next();
    const since = performance.now();
    await store.revokeGrant(kept.id);
    await waiting;
    waiting = next();
    await store.revokeSession(kept.session, soon());
    await waiting;
    expect(performance.now() - since).toBeLessThan(1000);
    expect(heard).toEqual([
      { kind: "grant", grant: kept.id },
      { kind: "session", session: kept.session },
    ]);
    stop();
    await store.revokeSession(grant().session, soon());
    expect(heard).toHaveLength(2);
  });
});

describe("the Redis session store", () => {
  it("rejects when Redis is gone, and knows and hears everything again when it is back", async () => {
    const own = await startRedis();
    const redis = new Redis(own.port, "127.0.0.1", {
      maxRetriesPerRequest: 1,
      retryStrategy: () => 20,
    });
    redis.on("error", () => {});
    const store = redisSessions(redis, systemClock);
    const kept = grant();
    await store.save(kept);
    const heard = new Promise<Revocation>((resolve) => store.follow(resolve));
    await store.revokeSession(grant().session, soon());
    await heard;
    const again = new Promise<Revocation>((resolve) => store.follow(resolve));
    await own.crash();
    await expect(store.find(kept.hash)).rejects.toThrow();
    await own.restart();
    expect(await store.find(kept.hash)).toEqual(kept);
    await store.revokeGrant(kept.id);
    expect(await again).toEqual({ kind: "grant", grant: kept.id });
    await store.close();
    redis.disconnect();
    await own.stop();
  });

  it("hears of what was revoked while its connection was cut", async () => {
    const own = await startRedis();
    const redis = own.client();
    const store = redisSessions(redis, systemClock);
    const heard: Revocation[] = [];
    let wake = () => {};
    const woken = () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      });
    store.follow((revocation) => {
      heard.push(revocation);
      wake();
    });
    const sessions = [grant().session, grant().session];
    for (const session of sessions) {
      const told = woken();
      // The reader's connection dies and the revocation is made before it can come back.
      await redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
      await store.revokeSession(session, soon());
      await told;
    }
    expect(heard).toEqual(sessions.map((session) => ({ kind: "session", session })));
    await store.close();
    redis.disconnect();
    await own.stop();
  });

  it("tells another gateway", async () => {
    const own = await startRedis();
    const clients = [own.client(), own.client()] as const;
    const [here, there] = [
      redisSessions(clients[0], systemClock),
      redisSessions(clients[1], systemClock),
    ];
    const heard = new Promise<Revocation>((resolve) => there.follow(resolve));
    const kept = grant();
    await here.save(kept);
    expect(await there.find(kept.hash)).toEqual(kept);
    await here.revokeGrant(kept.id);
    expect(await heard).toEqual({ kind: "grant", grant: kept.id });
    expect(await there.find(kept.hash)).toBeUndefined();
    await Promise.all([here.close(), there.close()]);
    for (const client of clients) client.disconnect();
    await own.stop();
  });
});
