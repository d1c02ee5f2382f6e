import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuditLog } from "../../../src/audit/audit-log.ts";
import { redisLease, redisMemory, redisStream } from "../../../src/audit/joint/stream-redis.ts";
import { verifyProof } from "../../../src/audit/transparency/proof-file.ts";
import { tileBucket } from "../../../src/audit/transparency/tile-s3.ts";
import { verifyLog } from "../../../src/audit/transparency/verify-file.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { parseVerifier, type Verifier } from "../../../src/tlog/key.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";
import { s3Of, startS3, type TestS3 } from "../../support/s3.ts";
import { GoVerifier, hasGo } from "../tlog/go-verifier.ts";
import { recorded, recordedIds } from "./recorded.ts";
import { freshDir } from "./sample.ts";

const rounds = Number(process.env["AUDIT_REPLICA_ROUNDS"] ?? 2);
const names = ["r1", "r2"] as const;
type Name = (typeof names)[number];

/** A replica in a process of its own. */
interface Replica {
  readonly child: ChildProcess;
  readonly acked: string[];
}

let redis: TestRedis;
let client: Redis;
let s3: TestS3;
let dirs: Record<Name, string>;
let keys: string;
const running = new Map<Name, Replica>();
const acked: Record<Name, string[]> = { r1: [], r2: [] };

beforeEach(async () => {
  redis = await startRedis();
  client = redis.client();
  s3 = await startS3();
  dirs = { r1: await freshDir(), r2: await freshDir() };
  keys = await freshDir();
});
afterEach(async () => {
  for (const { child } of running.values()) child.kill("SIGKILL");
  client.disconnect();
  await redis.stop();
  await s3.stop();
});

function start(name: Name): void {
  const { secretAccessKey, ...rest } = s3.options;
  const options = JSON.stringify({ ...rest, secretAccessKey: secretAccessKey.reveal() });
  const script = join(import.meta.dirname, "replica-child.ts");
  const args = [script, dirs[name], name, `${redis.port}`, options, keys];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line !== "open") acked[name].push(line);
  });
  running.set(name, { child, acked: acked[name] });
}

async function kill(name: Name): Promise<void> {
  const { child } = running.get(name) ?? {};
  if (child === undefined) throw new Error(`${name} does not run`);
  child.kill("SIGKILL");
  await once(child, "close");
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(what, { timeout: 60_000, interval: 20 }).toBe(true);
}

async function leader(): Promise<Name> {
  const holder = async () => await client.get("sallyport:{audit}:sequencer").catch(() => null);
  await until(async () => names.includes((await holder()) as Name));
  return ((await holder()) ?? (await leader())) as Name;
}

function logSize(): number {
  return Number(s3.objects.get("checkpoint")?.toString().split("\n")[1] ?? 0);
}

/** Waits until the log has taken in what is being recorded now. */
async function growth(): Promise<void> {
  const [size, ids] = [logSize(), names.map((name) => acked[name].length)];
  await until(
    () =>
      logSize() > size + 40 && names.every((name, at) => acked[name].length > (ids[at] ?? 0) + 20),
  );
}

function open(name: Name) {
  return openAuditLog({
    dir: dirs[name],
    replica: name,
    clock: systemClock,
    checkpointEvery: 20,
    shared: {
      store: tileBucket(s3Of(s3)),
      stream: redisStream(client),
      lease: redisLease(client, `${name}-last`, 400),
      signed: redisMemory(client),
      keys,
    },
  });
}

describe("two gateways that write one log", () => {
  it("lose nothing when the sequencer is killed or sleeps, and when Redis is killed or forgets everything", async () => {
    for (const name of names) start(name);
    await growth();
    for (let round = 0; round < rounds; round++) {
      const dead = await leader();
      await kill(dead);
      await until(async () => (await leader()) !== dead);
      start(dead);
      await growth();

      const asleep = await leader();
      running.get(asleep)?.child.kill("SIGSTOP");
      await until(async () => (await leader()) !== asleep);
      const size = logSize();
      await until(() => logSize() > size + 20);
      running.get(asleep)?.child.kill("SIGCONT");
      await growth();

      await redis.crash();
      await redis.restart();
      await growth();
      await client.flushall();
      await growth();
    }
    for (const name of names) await kill(name);
    await expectAllThere();
  }, 600_000);
});

/** Opens both a last time, and finds every record of each in the one log, by our verifier and by Go's. */
async function expectAllThere(): Promise<void> {
  const audits = await Promise.all(names.map(open));
  for (const [at, name] of names.entries()) {
    const audit = audits[at];
    const ids = [acked[name].at(0), acked[name].at(-1)];
    for (const id of ids) {
      if (audit === undefined || id === undefined) throw new Error("nothing was recorded");
      // The last of a gateway that was killed comes into the log when the lease of whoever sequenced has run out.
      await until(async () => (await audit.proof(id)).ok && audit.counts().trouble === undefined);
      const proof = await audit.proof(id);
      const key = verifierKey();
      expect(verifyProof(proof.ok ? proof.value : "", { origin: key.name, keys: [key] }).ok).toBe(
        true,
      );
    }
  }
  for (const audit of audits) await audit.close();
  for (const [at, name] of names.entries()) {
    const ids = await recordedIds(dirs[name], name);
    expect(acked[name].filter((id) => !ids.has(id))).toEqual([]);
    const records = await recorded(dirs[name], name);
    expect(records.map((record) => record.n)).toEqual(records.map((_, n) => n));
    // The farewell of the one that closes last finds nobody to take it in.
    const store = tileBucket(s3Of(s3));
    const report = await verifyLog({ dir: dirs[name], keys: [verifierKey()], older: [], store });
    expect(report).toMatchObject({ value: { ok: true, problems: [] } });
    if (!report.ok) throw new Error(report.error);
    expect(report.value.records.unpublished).toBeLessThanOrEqual(at + 1);
    expect(report.value.replicas[name]).toBeGreaterThan(acked[name].length);
  }
  if (hasGo()) expect(await goVerdict()).toBe("ok");
}

function verifierKey(): Verifier {
  const key = parseVerifier(s3.objects.get("vkeys")?.toString().trim() ?? "");
  if (!key.ok) throw new Error(key.error);
  return key.value;
}

async function goVerdict(): Promise<string> {
  const dir = await freshDir();
  for (const [path, body] of s3.objects) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), body);
  }
  const go = new GoVerifier();
  const verdict = await go.verify({ dir, vkey: verifierKey().vkey });
  await go.stop();
  return verdict;
}
