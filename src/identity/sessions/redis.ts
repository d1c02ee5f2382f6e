import { Cluster, type Redis } from "ioredis";
import type { Clock } from "../../base/clock.ts";
import type { Grant, Revocation } from "../identity.ts";
import type { SessionStore } from "./store.ts";

/** One hash slot for all: a transaction must not span two nodes of a cluster. */
const key = (name: string) => `{sallyport-sessions}:${name}`;
const grants = key("grants");
const feed = key("revocations");
const grantAt = (hash: string) => key(`grant:${hash}`);
const idAt = (id: string) => key(`grant-id:${id}`);
const revokedAt = (session: string) => key(`revoked:${session}`);
const onceAt = (name: string) => key(`once:${name}`);

/**
 * Sessions that several gateways share. Revocations travel by a stream, so that a gateway that lost its connection
 * hears of those that it missed. Needs Redis 6.2 or newer; closes only the connection that it opens itself.
 */
export function redisSessions(redis: Redis | Cluster, clock: Clock): SessionStore {
  const followers: { stop(): void }[] = [];
  const find = async (hash: string): Promise<Grant | undefined> => {
    const text = await redis.get(grantAt(hash));
    if (text === null) return undefined;
    const grant = JSON.parse(text) as Grant;
    if (grant.expiresAt <= clock.now()) return undefined;
    return (await isRevoked(redis, grant.session, clock)) ? undefined : grant;
  };
  return {
    save: async (grant) => {
      if (grant.expiresAt <= clock.now()) return;
      const expiry = grant.expiresAt;
      await all(
        redis
          .multi()
          .set(grantAt(grant.hash), JSON.stringify(grant), "PXAT", expiry)
          .set(idAt(grant.id), grant.hash, "PXAT", expiry)
          .zremrangebyscore(grants, "-inf", clock.now())
          .zadd(grants, expiry, grant.hash),
      );
    },
    find,
    list: async () => {
      const hashes = await redis.zrangebyscore(grants, clock.now(), "+inf");
      const found = await Promise.all(hashes.map(find));
      const live = found.filter((grant) => grant !== undefined);
      return live.sort((a, b) => a.createdAt - b.createdAt);
    },
    revokeGrant: async (id) => {
      const hash = await redis.getdel(idAt(id));
      if (hash === null) return false;
      const revocation: Revocation = { kind: "grant", grant: id };
      await all(announce(redis.multi().del(grantAt(hash)).zrem(grants, hash), revocation));
      return true;
    },
    revokeSession: async (session, until) => {
      const revocation: Revocation = { kind: "session", session };
      await all(announce(redis.multi().set(revokedAt(session), until, "PXAT", until), revocation));
    },
    isRevoked: (session) => isRevoked(redis, session, clock),
    once: async (name, until) => (await redis.set(onceAt(name), "1", "PXAT", until, "NX")) === "OK",
    follow: (told) => {
      const follower = followFeed(redis, clock, told);
      followers.push(follower);
      return () => follower.stop();
    },
    close: async () => {
      for (const follower of followers) follower.stop();
    },
  };
}

async function isRevoked(redis: Redis | Cluster, session: string, clock: Clock): Promise<boolean> {
  return Number((await redis.get(revokedAt(session))) ?? 0) > clock.now();
}

function announce(
  transaction: ReturnType<Redis["multi"]>,
  revocation: Revocation,
): ReturnType<Redis["multi"]> {
  return transaction.xadd(feed, "MAXLEN", "~", 10_000, "*", "is", JSON.stringify(revocation));
}

/** Runs a transaction; rejects if any of its commands failed. */
async function all(transaction: ReturnType<Redis["multi"]>): Promise<void> {
  const replies = await transaction.exec();
  if (replies === null) throw new Error("Redis gave the transaction up");
  for (const [error] of replies) if (error !== null) throw error;
}

function followFeed(
  redis: Redis | Cluster,
  clock: Clock,
  told: (revocation: Revocation) => void,
): { stop(): void } {
  // A blocking read holds its connection, and must outlast the retries of ordinary commands.
  const patient = { maxRetriesPerRequest: null };
  const own =
    redis instanceof Cluster
      ? redis.duplicate([], { redisOptions: patient })
      : redis.duplicate(patient);
  own.on("error", () => {});
  // Asked at once and on the ordinary connection, so that nothing revoked from now on is missed.
  const from = newestId(redis).catch(() => undefined);
  let last: string | undefined;
  let stopped = false;
  const read = async () => {
    last ??= (await from) ?? (await newestId(own));
    const streams = await own.xread("COUNT", 100, "BLOCK", 500, "STREAMS", feed, last);
    for (const [id, fields] of streams?.[0]?.[1] ?? []) {
      last = id;
      if (!stopped) told(JSON.parse(fields[1] ?? "null") as Revocation);
    }
  };
  const run = async () => {
    while (!stopped) await read().catch(() => pause(clock, 200));
  };
  void run();
  return {
    stop: () => {
      stopped = true;
      own.disconnect();
    },
  };
}

/** Where the feed stands now: only what comes after it is told. */
async function newestId(redis: Redis | Cluster): Promise<string> {
  const [newest] = await redis.xrevrange(feed, "+", "-", "COUNT", 1);
  return newest?.[0] ?? "0-0";
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
