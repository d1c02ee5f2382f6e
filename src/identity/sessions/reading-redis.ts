import type { Cluster, Redis } from "ioredis";
import type { Clock } from "../../base/clock.ts";
import type { Grant, Revocation } from "../identity.ts";
import { RevocationFeed } from "./feed-redis.ts";
import { grantAt, grants, revokedAt } from "./keys.ts";
import { KnownSessions } from "./known.ts";
import type { SessionStore } from "./store.ts";

/** For how long (ms) a gateway goes by what it knows while Redis cannot be asked; 0: not at all. */
export interface Outage {
  /** Who shows a signed token, good by itself: against the revocations that were heard of. */
  readonly idTokens: number;
  /** Who shows a session token that this gateway has found to be good before. */
  readonly sessionTokens: number;
}

/** A connection that is up, and over which nothing has come for so long (ms), is not waited for. */
const deafAfter = 3000;

/** The half of the store that only reads; Redis is asked wherever it can be. `close` ends the feed of revocations. */
export function readSessions(
  redis: Redis | Cluster,
  clock: Clock,
  outage: Outage,
): Pick<SessionStore, "find" | "list" | "isRevoked" | "follow" | "silentFor" | "close"> {
  const followers = new Set<(revocation: Revocation) => void>();
  const known = new KnownSessions();
  const feed = new RevocationFeed(redis, clock, (revocation, until, news) => {
    const now = clock.now();
    const fresh = revocation.kind === "grant" || !known.isRevoked(revocation.session, now);
    known.revoke(revocation, until);
    if (!news || !fresh) return;
    known.prune(now);
    for (const told of followers) told(revocation);
  });
  /** `otherwise` says what is known here: undefined where that is for Redis alone to say. */
  const asked = async <T>(
    within: number,
    ask: () => Promise<T>,
    otherwise: () => T | undefined,
  ) => {
    const here = () => (feed.silentFor <= within ? otherwise() : undefined);
    const deaf = feed.down && feed.silentFor > deafAfter;
    const known = deaf || redis.status !== "ready" ? here() : undefined;
    // It may be back before the feed has heard of that.
    if (known !== undefined) return known;
    return ask().catch((error: unknown) => {
      const known = here();
      if (known === undefined) throw error;
      return known;
    });
  };
  const isBarred = async (session: string) =>
    Number((await redis.get(revokedAt(session))) ?? 0) > clock.now();
  const look = async (hash: string): Promise<Grant | undefined> => {
    const text = await redis.get(grantAt(hash));
    if (text === null) return undefined;
    const grant = JSON.parse(text) as Grant;
    if (grant.expiresAt <= clock.now()) return undefined;
    return (await isBarred(grant.session)) ? undefined : grant;
  };
  return {
    find: (hash) => {
      const ask = async () => {
        const grant = await look(hash);
        if (outage.sessionTokens > 0) known.saw(hash, grant);
        return grant;
      };
      return asked(outage.sessionTokens, ask, () => known.find(hash, clock.now()));
    },
    list: async () => {
      const hashes = await redis.zrangebyscore(grants, clock.now(), "+inf");
      const found = await Promise.all(hashes.map(look));
      const live = found.filter((grant) => grant !== undefined);
      return live.sort((a, b) => a.createdAt - b.createdAt);
    },
    isRevoked: async (session) =>
      known.isRevoked(session, clock.now()) ||
      asked(
        outage.idTokens,
        () => isBarred(session),
        () => false,
      ),
    follow: (told) => {
      followers.add(told);
      return () => followers.delete(told);
    },
    silentFor: () => feed.silentFor,
    close: async () => feed.stop(),
  };
}
