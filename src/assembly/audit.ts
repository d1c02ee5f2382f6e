import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { RedisClient } from "../approvals/redis-client.ts";
import type { AuditOptions } from "../audit/audit.ts";
import { type Audit, openAuditLog } from "../audit/audit-log.ts";
import type { JointParts } from "../audit/joint/part.ts";
import { redisLease, redisMemory, redisStream } from "../audit/joint/stream-redis.ts";
import type { OtlpOptions } from "../audit/projection/otlp-transport.ts";
import { tileFolder } from "../audit/transparency/tile-file.ts";
import { tileBucket } from "../audit/transparency/tile-s3.ts";
import type { TileStore } from "../audit/transparency/tile-store.ts";
import type { Witness, WitnessOptions } from "../audit/transparency/witness-client.ts";
import type { Clock } from "../base/clock.ts";
import { err, ok, type Result } from "../base/result.ts";
import { type ProcessPlace, replicaOf } from "../config/processes.ts";
import type { Config } from "../config/schema.ts";
import { parseVerifier } from "../tlog/key.ts";
import { replicaName } from "./replica.ts";
import { openS3 } from "./s3.ts";
import { readSecret } from "./secret-file.ts";
import { stateDir } from "./state.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface AuditParts {
  readonly clock: Clock;
  readonly env: Environment;
  /** Takes one line of JSON per exchange and act. */
  readonly out: (line: string) => void;
  /** Takes secrets out of what clients wrote. */
  readonly mask: (text: string) => string;
  readonly redis?: RedisClient;
  /** Which of several processes this is. */
  readonly process?: ProcessPlace;
}

const leaseMs = 10_000;

/** Opens the audit log that the config names; the error is a sentence, a rejection means that it cannot be written. */
export async function openAudit(config: Config, parts: AuditParts): Promise<Result<Audit>> {
  const { clock, env, out, mask, process } = parts;
  const { dir, origin, checkpointEvery, retention } = config.audit;
  const replica = replicaOf(config.audit.replica ?? replicaName(), process?.number ?? 0);
  const { ocsf } = config.audit;
  const { days, size } = retention;
  const otlp = collectorOf(config, env);
  if (!otlp.ok) return otlp;
  const witnesses = witnessesOf(config);
  if (!witnesses.ok) return witnesses;
  const shared = sharedOf(config, parts);
  if (!shared.ok) return shared;
  const options: AuditOptions = {
    ...{ dir, replica, clock, out, mask, origin, checkpointEvery },
    retention: { days, ...(size === undefined ? {} : { bytes: size / (process?.of ?? 1) }) },
    ...(process === undefined ? {} : { among: process.number === 0 ? "first" : "others" }),
    ...(ocsf === undefined ? {} : { ocsf }),
    ...otlp.value,
    ...witnesses.value,
    ...shared.value,
  };
  return ok(await openAuditLog(options));
}

/** Where spans go, with the headers that the collector wants; nothing where no collector is configured. */
function collectorOf(
  { audit: { otlp } }: Config,
  env: Environment,
): Result<{ readonly otlp?: OtlpOptions }> {
  if (otlp === undefined) return ok({});
  const { url, protocol, ca } = otlp;
  const headers: Record<string, string> = {};
  for (const [name, reference] of Object.entries(otlp.headers)) {
    const secret = readSecret(reference, env);
    if (!secret.ok) return secret;
    headers[name] = secret.value.reveal();
  }
  const trust = ca === undefined ? {} : { ca };
  return ok({ otlp: { url: url.href, protocol, headers, ...trust } });
}

function witnessesOf({
  audit: { witnesses },
}: Config): Result<{ readonly witnesses?: WitnessOptions }> {
  if (witnesses === undefined) return ok({});
  const all: Witness[] = [];
  for (const { url, key } of witnesses.of) {
    const parsed = parseVerifier(key);
    if (!parsed.ok) return err(`audit.witnesses: ${key}: ${parsed.error}`);
    all.push({ url: url.href, key: parsed.value });
  }
  return ok({ witnesses: { witnesses: all, quorum: witnesses.quorum } });
}

function sharedOf(
  config: Config,
  { env, redis }: AuditParts,
): Result<{ readonly shared?: JointParts }> {
  const store = sharedStore(config, env);
  if (!store.ok) return store;
  if (store.value === undefined || redis === undefined) return ok({});
  return ok({
    shared: {
      store: store.value,
      stream: redisStream(redis),
      lease: redisLease(redis, randomUUID(), leaseMs),
      signed: redisMemory(redis),
      keys: sharedKeys(config),
    },
  });
}

/** Where the log is that gateways share; undefined where each has its own. */
export function sharedStore(
  { audit: { log } }: Config,
  env: Environment,
): Result<TileStore | undefined> {
  if (log === undefined) return ok(undefined);
  if ("dir" in log) return ok(tileFolder(log.dir));
  const bucket = openS3(log.s3, env);
  return bucket.ok ? ok(tileBucket(bucket.value)) : bucket;
}

/** The folder of the keys of a log that gateways share: beside the other keys that they share. */
export function sharedKeys(config: Config): string {
  return join(config.keys ?? join(stateDir(config), "keys"), "audit");
}
