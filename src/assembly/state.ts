import { createHmac } from "node:crypto";
import { dirname, join } from "node:path";
import type { Counters } from "../actions/limit/index.ts";
import { openEmbeddedStore } from "../approvals/embedded.ts";
import { openRedisStore } from "../approvals/redis.ts";
import { connectRedis, type RedisClient } from "../approvals/redis-client.ts";
import type { ApprovalStore } from "../approvals/store.ts";
import type { Clock } from "../base/clock.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Config } from "../config/schema.ts";
import { redisReversals } from "../detection/reversible/redis.ts";
import type { ReversalLimits, ReversalStore } from "../detection/reversible/store.ts";
import { fileReversals } from "../detection/reversible/store-file.ts";
import { fileSessions } from "../identity/sessions/file.ts";
import { redisSessions } from "../identity/sessions/redis.ts";
import type { SessionStore } from "../identity/sessions/store.ts";
import { redisProvenance } from "../provenance/redis.ts";
import type { ProvenanceStore } from "../provenance/store.ts";
import { fileProvenance } from "../provenance/store-file.ts";
import { embeddedCounters } from "./counters.ts";
import { redisCounters } from "./counters-redis.ts";
import type { Keys } from "./keys-file.ts";
import { sinkNames } from "./notify-file.ts";
import { readSecret } from "./secret-file.ts";

/** What outlives a request: approvals, sessions, counters, what placeholders stand for. */
export interface State {
  readonly approvals: ApprovalStore;
  readonly sessions: SessionStore;
  readonly counters: Counters;
  readonly provenance: ProvenanceStore;
  readonly reversals: ReversalStore;
  /** The Redis that gateways share, where they do. */
  readonly redis?: RedisClient;
  close(): Promise<void>;
}

/** Where this process keeps what is its own: keys, spools, and the embedded state. */
export function stateDir({ state, audit }: Config): string {
  return state.kind === "embedded" ? state.dir : dirname(audit.dir);
}

/** What that much comes to once it is sealed, with room for whose it is. */
function sealedLimits({ lifetime, values, bytes }: ReversalLimits): ReversalLimits {
  return { lifetime, values, bytes: 2 * bytes + 2048 * values };
}

/** Opens the state that the config names; the error is a sentence, a rejection means that it cannot be used. */
export async function openState(
  config: Config,
  keys: Keys,
  clock: Clock,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Result<State>> {
  const sinks = sinkNames(config);
  const mostPending = config.approvals.pending;
  const limits = sealedLimits(config.masking.placeholders);
  if (config.state.kind === "redis")
    return openShared(config.state, keys, { clock, env, sinks, mostPending, limits });
  const dir = stateDir(config);
  const approvals = await openEmbeddedStore({
    dir: join(dir, "approvals"),
    clock,
    sinks,
    mostPending,
  });
  const sessions = await fileSessions(join(dir, "sessions"), clock);
  const provenance = await fileProvenance(join(dir, "provenance"));
  const reversals = await fileReversals(join(dir, "placeholders"), limits, clock);
  const all = [approvals, sessions, provenance, reversals];
  return ok({
    approvals,
    sessions,
    counters: embeddedCounters(),
    provenance,
    reversals,
    close: async () => {
      await Promise.all(all.map((one) => one.close()));
    },
  });
}

interface JointParts {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly sinks: readonly string[];
  readonly mostPending: number;
  readonly limits: ReversalLimits;
}

async function openShared(
  state: Extract<Config["state"], { kind: "redis" }>,
  keys: Keys,
  { clock, env, sinks, mostPending, limits }: JointParts,
): Promise<Result<State>> {
  const password = state.password === undefined ? undefined : readSecret(state.password, env);
  if (password?.ok === false) return password;
  const url = withAccess(state.url, state.username, password?.value.reveal());
  const redis = connectRedis(url);
  if (!(await sameKeys(redis, keys))) {
    redis.disconnect();
    return err(
      "the other gateways on this Redis have other keys: give every one of them the same folder under `keys`",
    );
  }
  // Each command tells of an outage by itself.
  redis.on("error", () => undefined);
  const approvals = await openRedisStore({
    url,
    // One for all of it: whether the approvals are ready says whether the rest is.
    client: redis,
    clock,
    sinks,
    mostPending,
    ...(state.appendfsync === undefined ? {} : { durability: state.appendfsync }),
  });
  // A cluster speaks the same commands; every session key stands alone.
  const sessions = redisSessions(redis, clock, state.outage);
  return ok({
    approvals,
    sessions,
    counters: redisCounters(redis),
    provenance: redisProvenance(redis as Parameters<typeof redisProvenance>[0]),
    reversals: redisReversals(redis, limits),
    redis,
    close: async () => {
      await Promise.all([approvals.close(), sessions.close()]);
      redis.disconnect();
    },
  });
}

/** Whether these are the keys of whoever came first; whoever comes first writes down what cannot be turned back. */
async function sameKeys(redis: RedisClient, keys: Keys): Promise<boolean> {
  const check = createHmac("sha256", keys.binding.reveal())
    .update(keys.fingerprint)
    .update(keys.console.reveal())
    .digest("base64url");
  await redis.set("sallyport:keys", check, "NX");
  return (await redis.get("sallyport:keys")) === check;
}

function withAccess(
  url: string,
  username: string | undefined,
  password: string | undefined,
): string {
  if (password === undefined && username === undefined) return url;
  const access = `${encodeURIComponent(username ?? "")}:${encodeURIComponent(password ?? "")}@`;
  return url.replace("://", () => `://${access}`);
}
