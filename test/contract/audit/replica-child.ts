// One of several gateways that write one log, to be killed: records exchanges for ever, and says which were acknowledged.
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { openAuditLog } from "../../../src/audit/audit-log.ts";
import { redisLease, redisMemory, redisStream } from "../../../src/audit/joint/stream-redis.ts";
import { tileBucket } from "../../../src/audit/transparency/tile-s3.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { Secret } from "../../../src/base/secret.ts";
import { s3Client } from "../../../src/s3/client.ts";
import { recordForEver } from "./busy.ts";

const [dir = "", replica = "", port = "", s3 = "", keys = ""] = process.argv.slice(2);
const { secretAccessKey, ...options } = JSON.parse(s3);
const redis = new Redis(Number(port), "127.0.0.1", {
  commandTimeout: 1000,
  maxRetriesPerRequest: 0,
  retryStrategy: () => 20,
});
redis.on("error", () => undefined);
const audit = await openAuditLog({
  dir,
  replica,
  clock: systemClock,
  segmentBytes: 32 << 10,
  checkpointEvery: 20,
  shared: {
    store: tileBucket(s3Client({ ...options, secretAccessKey: new Secret(secretAccessKey) })),
    stream: redisStream(redis),
    lease: redisLease(redis, replica, 400),
    signed: redisMemory(redis),
    keys,
  },
});
process.stdout.write("open\n");

await recordForEver(audit, 4, () => pause(Math.random() * 10));
