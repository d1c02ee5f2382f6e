import { Cluster, Redis } from "ioredis";

/** A connection to one Redis, to the master that sentinels name, or to a cluster. */
export type RedisClient = Redis | Cluster;

// A command must fail soon when Redis is gone: the request behind it then fails closed, and is not kept hanging.
const options = {
  commandTimeout: 2000,
  connectTimeout: 2000,
  maxRetriesPerRequest: 0,
  enableAutoPipelining: true,
  retryStrategy,
};

// What is asked while there is no connection waits for the next attempt, and fails with it.
function retryStrategy(times: number): number {
  return Math.min(50 * times, 250);
}

/**
 * Connects to `redis://`, `rediss://`, `redis+sentinel://host:port,host:port/master` (or `rediss+…`), or
 * `redis+cluster://host:port,host:port`. It keeps on reconnecting by itself; meanwhile commands fail.
 */
export function connectRedis(url: string): RedisClient {
  const match = /^(rediss?)\+(sentinel|cluster):\/\/(?:([^@/]*)@)?([^/?]+)(?:\/([^?]*))?$/.exec(
    url,
  );
  if (match === null) return new Redis(url, options);
  const [, scheme, kind, user = "", hosts = "", path = ""] = match;
  const nodes = hosts.split(",").map(nodeOf);
  const [username, password] = user.split(":").map(decodeURIComponent);
  const access = {
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(scheme === "rediss" ? { tls: {} } : {}),
  };
  if (kind === "cluster")
    return new Cluster(nodes, {
      redisOptions: { ...options, ...access },
      enableAutoPipelining: true,
      clusterRetryStrategy: retryStrategy,
      // While a slot moves or fails over, a second of retries; then it is an outage.
      maxRedirections: 8,
      retryDelayOnFailover: 100,
    });
  const [name = "mymaster", db = "0"] = path.split("/");
  const tls = scheme === "rediss" ? { enableTLSForSentinelMode: true } : {};
  return new Redis({ ...options, ...access, ...tls, sentinels: nodes, name, db: Number(db) });
}

function nodeOf(text: string): { readonly host: string; readonly port: number } {
  const url = new URL(`redis://${text}`);
  return { host: url.hostname, port: Number(url.port || 6379) };
}
