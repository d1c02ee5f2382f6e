import type { Cluster, Redis } from "ioredis";
import { decodeEntries, encodeEntries } from "../../tlog/tiles.ts";
import type { SignedMemory } from "../transparency/transparency-log.ts";
import type { LeafStream, Lease, Waiting } from "./stream.ts";

type Client = Redis | Cluster;

const streamKey = "sallyport:{audit}:leaves";
const leaseKey = "sallyport:{audit}:sequencer";
const signedKey = "sallyport:{audit}:signed";

/** The stream of leaves in a Redis (5.0 or newer). */
export function redisStream(redis: Client): LeafStream {
  return {
    add: async ({ replica, leaves }) => {
      const id = await redis.xadd(streamKey, "*", "r", replica, "e", encodeEntries(leaves));
      if (id === null) throw new Error("Redis took no leaves");
      return id;
    },
    read: async (count, after) => {
      const from = after === undefined ? "-" : `(${after}`;
      const found = await redis.xrangeBuffer(streamKey, from, "+", "COUNT", count);
      return found.map(([id, fields]) => waiting(id, fields));
    },
    has: async (id) => (await redis.xrange(streamKey, id, id)).length > 0,
    trim: async (upTo) => {
      const [time = "0", number = "0"] = upTo.split("-");
      await redis.xtrim(streamKey, "MINID", `${time}-${Number(number) + 1}`);
    },
  };
}

function waiting(id: Buffer, fields: readonly Buffer[]): Waiting {
  const values = new Map<string, Buffer>();
  for (let at = 0; at + 1 < fields.length; at += 2)
    values.set(String(fields[at]), fields[at + 1] ?? Buffer.alloc(0));
  const leaves = decodeEntries(values.get("e") ?? Buffer.alloc(0)) ?? [];
  return { id: String(id), parcel: { replica: String(values.get("r")), leaves } };
}

const renew = `
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end
return redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0`;
const drop = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;

/** A lease in Redis of `ms` milliseconds at a time, for the holder of that name. */
export function redisLease(redis: Client, holder: string, ms: number): Lease {
  return {
    hold: async () => Number(await redis.eval(renew, 1, leaseKey, holder, String(ms))) === 1,
    release: async () => {
      await redis.eval(drop, 1, leaseKey, holder);
    },
  };
}

/** Remembers the last signed checkpoint in Redis, where every replica finds it. */
export function redisMemory(redis: Client): SignedMemory {
  return {
    read: async () => (await redis.get(signedKey)) ?? undefined,
    write: async (note) => {
      await redis.set(signedKey, note);
    },
  };
}
