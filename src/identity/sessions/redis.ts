import type { Cluster, Redis } from "ioredis";
import type { Clock } from "../../base/clock.ts";
import type { Revocation } from "../identity.ts";
import { grantAt, grants, idAt, onceAt, revocations, revokedAt, revokedSessions } from "./keys.ts";
import { type Outage, readSessions } from "./reading-redis.ts";
import type { SessionStore } from "./store.ts";

const noOutage: Outage = { idTokens: 0, sessionTokens: 0 };

/**
 * Sessions that several gateways share. Revocations travel by a stream, so that a gateway that lost its connection
 * hears of those that it missed. Needs Redis 6.2 or newer; closes only the connection that it opens itself.
 */
export function redisSessions(
  redis: Redis | Cluster,
  clock: Clock,
  outage: Outage = noOutage,
): SessionStore {
  return {
    ...readSessions(redis, clock, outage),
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
    revokeGrant: async (id) => {
      const hash = await redis.getdel(idAt(id));
      if (hash === null) return false;
      const ended = redis.multi().del(grantAt(hash)).zrem(grants, hash);
      await announce(ended, { kind: "grant", grant: id }, 0);
      return true;
    },
    revokeSession: async (session, until) => {
      const ended = redis
        .multi()
        .set(revokedAt(session), until, "PXAT", until)
        .zremrangebyscore(revokedSessions, "-inf", clock.now())
        .zadd(revokedSessions, "GT", until, session);
      await announce(ended, { kind: "session", session }, until);
    },
    once: async (name, until) => (await redis.set(onceAt(name), "1", "PXAT", until, "NX")) === "OK",
  };
}

/** Makes a change, and tells every gateway of it, both or neither. */
function announce(
  change: ReturnType<Redis["multi"]>,
  revocation: Revocation,
  until: number,
): Promise<void> {
  const news = ["is", JSON.stringify(revocation), "until", until] as const;
  return all(change.xadd(revocations, "MAXLEN", "~", 10_000, "*", ...news));
}

/** Runs a transaction; rejects if any of its commands failed. */
async function all(transaction: ReturnType<Redis["multi"]>): Promise<void> {
  const replies = await transaction.exec();
  if (replies === null) throw new Error("Redis gave the transaction up");
  for (const [error] of replies) if (error !== null) throw error;
}
