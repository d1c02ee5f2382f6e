// node test/bench/audit.ts [--json] [--records N] [--questions-only]: what it costs to record durably, against the same without fdatasync,
// in turns within one run; and how long a question to N exchanges takes (1,000,000 unless told; 0 leaves it out).
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Audit } from "../../src/audit/audit.ts";
import { openAuditLog } from "../../src/audit/audit-log.ts";
import { Indexer } from "../../src/audit/index/index-file.ts";
import type { IndexKey } from "../../src/audit/index/index-keys.ts";
import { queryReplica } from "../../src/audit/index/query-file.ts";
import { completionEntry, intentEntry } from "../../src/audit/record/entry.ts";
import { Wal } from "../../src/audit/wal/wal.ts";
import { systemClock } from "../../src/base/clock.ts";
import { sampleCompletion, sampleIntent } from "../contract/audit/sample.ts";

type Durability = "fsync" | "off";
const modes: readonly Durability[] = ["fsync", "off"];

/** What a round of one mode gave; times in milliseconds. */
interface Round {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of processor time per exchange, all threads. */
  readonly cpu: number;
}

async function withAudit<T>(durability: Durability, use: (audit: Audit) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), "sallyport-bench-"));
  const audit = await openAuditLog({ dir, replica: "bench", clock: systemClock, durability });
  try {
    return await use(audit);
  } finally {
    await audit.close();
    await rm(dir, { recursive: true });
  }
}

async function exchange(audit: Audit, waits: number[]): Promise<void> {
  const intent = sampleIntent();
  const from = performance.now();
  await audit.intent(intent);
  waits.push(performance.now() - from);
  audit.complete(sampleCompletion(intent));
}

async function round(work: (waits: number[]) => Promise<void>): Promise<Round> {
  const waits: number[] = [];
  const cpu = process.cpuUsage();
  const from = performance.now();
  await work(waits);
  const seconds = (performance.now() - from) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  waits.sort((a, b) => a - b);
  const at = (share: number) => waits[Math.floor(waits.length * share)] ?? 0;
  const perSecond = waits.length / seconds;
  return { perSecond, p50: at(0.5), p99: at(0.99), cpu: (user + system) / waits.length };
}

/** As fast as it goes, with that many exchanges under way. */
function closed(audit: Audit, workers: number, count: number): Promise<Round> {
  return round(async (waits) => {
    let left = count;
    const work = async (): Promise<void> => {
      while (left-- > 0) await exchange(audit, waits);
    };
    await Promise.all(Array.from({ length: workers }, work));
  });
}

/** So many a second, whether or not the ones before are done. */
function paced(audit: Audit, perSecond: number, seconds: number): Promise<Round> {
  return round(async (waits) => {
    const under: Promise<void>[] = [];
    const from = performance.now();
    while (under.length < perSecond * seconds) {
      const due = Math.floor(((performance.now() - from) / 1000) * perSecond);
      while (under.length < due) under.push(exchange(audit, waits));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(under);
  });
}

function median(rounds: readonly Round[]): Round {
  const of = (pick: (one: Round) => number) =>
    rounds.map(pick).sort((a, b) => a - b)[rounds.length >> 1] ?? 0;
  return {
    perSecond: of((one) => one.perSecond),
    p50: of((one) => one.p50),
    p99: of((one) => one.p99),
    cpu: of((one) => one.cpu),
  };
}

/** Both modes in turns, so that what else the machine does meets both. */
async function compare(run: (audit: Audit) => Promise<Round>, turns: number) {
  const rounds: Record<Durability, Round[]> = { fsync: [], off: [] };
  for (let turn = 0; turn < turns; turn++)
    for (const mode of modes) rounds[mode].push(await withAudit(mode, run));
  return { fsync: median(rounds.fsync), off: median(rounds.off) };
}

/** Fills a log and its index, then asks what an auditor asks. */
async function questions(count: number) {
  const dir = await mkdtemp(join(tmpdir(), "sallyport-bench-"));
  const walDir = join(dir, "wal");
  const index = join(dir, "index");
  const wal = await Wal.open({
    dir: walDir,
    replica: "bench",
    clock: systemClock,
    durability: "off",
  });
  const indexer = await Indexer.start({ dir: index, wal, clock: systemClock });
  const plain = (text: string) => text;
  for (let done = 0; done < count; done += 1000) {
    await Promise.all(
      Array.from({ length: 1000 }, async (_, step) => {
        const number = done + step;
        const decision = number % 1000 === 7 ? "deny" : "allow";
        const sample = sampleIntent({ decision, path: `/repos/acme/app/${number}` });
        const run = {
          ...sample.principal?.run,
          runId: String(number >> 5),
          actor: `user-${number % 997}`,
        };
        const principal = { ...sample.principal, run } as NonNullable<typeof sample.principal>;
        await wal.append({ kind: "intent", intent: intentEntry({ ...sample, principal }, plain) });
        const finding = { rule: "pat", channel: "body", offset: 0, length: 9 };
        const fingerprint = `f${number % 5000}`;
        const findings = number % 50 === 0 ? [{ ...finding, fingerprint }] : [];
        const completion = completionEntry(sampleCompletion(sample, { findings }), plain);
        await wal.keep({ kind: "completion", completion });
      }),
    );
  }
  await wal.close();
  await indexer.stop();
  const asked: Record<string, readonly IndexKey[]> = {
    "who is denied": [["decision", "deny"]],
    "one run of CI": [["run", String(count >> 6)]],
    "one person, denied": [
      ["actor", "user-7"],
      ["decision", "deny"],
    ],
    "one secret": [["fingerprint", "f50"]],
    "one commit": [["commit", "9d59409acf479dfa0df1aa568182e43e43df8bbe"]],
    "the latest": [],
  };
  const answers: Record<string, { ms: number; found: number }> = {};
  for (const [name, keys] of Object.entries(asked)) {
    const from = performance.now();
    const found = await queryReplica(index, walDir, wal.segments(), { keys });
    answers[name] = { ms: performance.now() - from, found: found.length };
  }
  await rm(dir, { recursive: true });
  return answers;
}

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    records: { type: "string", default: "1000000" },
    "questions-only": { type: "boolean", default: false },
  },
});
const records = Number(values.records);

async function loads() {
  await withAudit("off", (audit) => closed(audit, 64, 5000));
  return {
    "1 at a time": await compare((audit) => closed(audit, 1, 500), 3),
    "16 at a time": await compare((audit) => closed(audit, 16, 5000), 3),
    "128 at a time": await compare((audit) => closed(audit, 128, 15_000), 3),
    "1,000 a second": await compare((audit) => paced(audit, 1000, 4), 3),
  };
}

const result: Partial<Awaited<ReturnType<typeof loads>>> = values["questions-only"]
  ? {}
  : await loads();
const answers = records > 0 ? await questions(records) : {};

if (values.json) {
  console.log(JSON.stringify({ durability: result, questions: answers }));
} else {
  console.log("load              mode    exchanges/s    p50 ms    p99 ms   CPU µs each");
  for (const [load, both] of Object.entries(result)) {
    for (const mode of modes) {
      const { perSecond, p50, p99, cpu } = both[mode];
      const cells = [perSecond.toFixed(0), p50.toFixed(2), p99.toFixed(2), cpu.toFixed(0)];
      console.log(
        `${load.padEnd(17)} ${mode.padEnd(6)} ${cells.map((cell) => cell.padStart(11)).join("")}`,
      );
    }
    const { fsync, off } = both;
    console.log(
      `${"".padEnd(17)} ratio  ${[fsync.perSecond / off.perSecond, fsync.p50 / off.p50, fsync.p99 / off.p99, fsync.cpu / off.cpu].map((ratio) => ratio.toFixed(2).padStart(11)).join("")}`,
    );
  }
  for (const [name, { ms, found }] of Object.entries(answers))
    console.log(`${name.padEnd(20)} of ${records} exchanges: ${ms.toFixed(0)} ms, ${found} shown`);
}
