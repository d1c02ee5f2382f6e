import { createHash } from "node:crypto";
import type { Cluster, Redis } from "ioredis";
import type { CommitProvenance } from "./answer.ts";
import { dayOf, daysKept, type ProvenanceStore, sessionsOf } from "./store.ts";
import { originOf } from "./suggestion.ts";

const short = (text: string): string =>
  createHash("sha256").update(text).digest("base64url").slice(0, 22);
const dayKey = (scope: string, day: number): string =>
  `sallyport:provenance:given:{${short(scope)}}:${day}`;
const placesKey = (session: string): string => `sallyport:provenance:places:${short(session)}`;
const commitKey = (id: string): string => `sallyport:provenance:commit:${id}`;
const sessionKey = (session: string): string => `sallyport:provenance:session:${short(session)}`;
const dayLength = 24 * 3_600_000;
/** What is known of commits outlives the suggestions: 400 days. */
const commitsKept = 400 * dayLength;

/** So many suggestions are put in a list in one command. */
const mostAtOnce = 1000;

async function each<Value>(
  all: ReadonlyMap<string, Value>,
  act: (key: string, value: Value) => Promise<void>,
): Promise<void> {
  await Promise.all([...all].map(([key, value]) => act(key, value)));
}

/** Provenance that several gateways share: a list for each scope and day, which Redis drops by itself when it is due. */
export function redisProvenance(redis: Redis | Cluster): ProvenanceStore {
  return {
    save: async (kept) => {
      const due = ({ at }: { readonly at: number }): number =>
        (dayOf(at) + daysKept + 1) * dayLength;
      const last = Math.max(...kept.map(due));
      const places = new Map<string, Set<string>>();
      const lists = new Map<string, { readonly due: number; readonly packed: Buffer[] }>();
      for (const { scope, session, at, packed } of kept) {
        const [key, place] = [dayKey(scope, dayOf(at)), placesKey(session)];
        places.set(place, (places.get(place) ?? new Set()).add(key));
        const list = lists.get(key) ?? { due: due({ at }), packed: [] };
        lists.set(key, list);
        list.packed.push(packed);
      }
      // A place is known before there is anything in it: whoever shreds must miss nothing.
      await each(places, async (place, keys) => {
        await redis.sadd(place, ...keys);
        await redis.pexpireat(place, last);
      });
      await each(lists, async (key, list) => {
        for (let from = 0; from < list.packed.length; from += mostAtOnce)
          await redis.rpush(key, ...list.packed.slice(from, from + mostAtOnce));
        await redis.pexpireat(key, list.due);
      });
    },
    suggestions: async (scopes, now) => {
      const today = dayOf(now);
      const days = Array.from({ length: daysKept + 1 }, (_, ago) => today - ago);
      const keys = [...new Set(scopes)].flatMap((scope) => days.map((day) => dayKey(scope, day)));
      const lists = await Promise.all(keys.map((key) => redis.lrangeBuffer(key, 0, -1)));
      return lists.flat();
    },
    forget: async (session) => {
      let count = 0;
      for (const key of await redis.smembers(placesKey(session)))
        for (const packed of await redis.lrangeBuffer(key, 0, -1))
          if (originOf(packed).session === session) count += await redis.lrem(key, 0, packed);
      await redis.del(placesKey(session));
      return count;
    },
    // Every list has its own time to end.
    sweep: async () => undefined,
    saveCommit: async (found) => {
      await redis.set(commitKey(found.commit), JSON.stringify(found), "PX", commitsKept);
      for (const session of sessionsOf(found)) {
        const at = found.seen[0]?.at ?? 0;
        await redis.zadd(sessionKey(session), "NX", at, found.commit);
        await redis.pexpire(sessionKey(session), commitsKept);
      }
    },
    commit: async (id) => {
      const text = await redis.get(commitKey(id));
      return text === null ? undefined : (JSON.parse(text) as CommitProvenance);
    },
    commitsOf: (session) => redis.zrange(sessionKey(session), "0", "-1"),
    close: async () => undefined,
  };
}
