import type { Counters } from "../actions/limit/index.ts";
import type { RedisClient } from "../approvals/redis-client.ts";

/** Counters that every gateway in front of one Redis shares. */
export function redisCounters(redis: RedisClient): Counters {
  return {
    add: async (key, amount, at, window) => {
      const end = (Math.floor(at / window) + 1) * window;
      const name = `sallyport:counter:{${end}:${window}:${key}}`;
      const [total] =
        (await redis
          .multi()
          .incrby(name, amount)
          .pexpireat(name, end + window)
          .exec()) ?? [];
      const [error, value] = total ?? [new Error("the counter could not be read"), undefined];
      if (error !== null) throw error;
      return Number(value);
    },
  };
}
