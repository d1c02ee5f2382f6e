import type { Cluster, Redis } from "ioredis";
import { bytesOf, type ReversalLimits, type ReversalStore } from "./store.ts";

const keyOf = (session: string): string => `sallyport:placeholders:${session}`;
/** The field that holds the size of all the others; no placeholder is called so. */
const size = "bytes";

/** KEYS: a session. ARGV: lifetime, most values, most bytes, then placeholder, sealed and size of each. 0: too much. */
const add = `
local count = redis.call('HLEN', KEYS[1])
local bytes = tonumber(redis.call('HGET', KEYS[1], '${size}') or '0')
if bytes > 0 then count = count - 1 end
for at = 4, #ARGV, 3 do
  if redis.call('HEXISTS', KEYS[1], ARGV[at]) == 0 then
    count = count + 1
    bytes = bytes + tonumber(ARGV[at + 2])
  end
end
if count > tonumber(ARGV[2]) or bytes > tonumber(ARGV[3]) then return 0 end
for at = 4, #ARGV, 3 do redis.call('HSETNX', KEYS[1], ARGV[at], ARGV[at + 1]) end
redis.call('HSET', KEYS[1], '${size}', bytes)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`;

/** What placeholders stand for, where several gateways share it; Redis drops by itself what was not used for a lifetime. */
export function redisReversals(redis: Redis | Cluster, limits: ReversalLimits): ReversalStore {
  const { lifetime, values, bytes } = limits;
  return {
    read: async (session) => {
      const replies = await redis
        .multi()
        .hgetall(keyOf(session))
        .pexpire(keyOf(session), lifetime)
        .exec();
      const [error, found] = replies?.[0] ?? [new Error("Redis gave the transaction up"), {}];
      if (error !== null) throw error;
      const entries = Object.entries(found as Readonly<Record<string, string>>);
      return new Map(entries.filter(([field]) => field !== size));
    },
    add: async (session, sealed) => {
      const list = [...sealed].flatMap(([name, text]) => [name, text, bytesOf(name, text)]);
      return (await redis.eval(add, 1, keyOf(session), lifetime, values, bytes, ...list)) === 1;
    },
    // Every session has its own time to end.
    sweep: async () => undefined,
    close: async () => undefined,
  };
}
