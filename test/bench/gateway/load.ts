import { execFile } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Leg } from "./leg.ts";
import { cpuOf, rssOf } from "./processes.ts";

const run = promisify(execFile);

export interface Load {
  /** Path and query below the leg's address. */
  readonly path: string;
  /** File whose bytes are the request's body. */
  readonly body: string;
  /** Connections, each with one request at a time (HTTP/1.1). */
  readonly users: number;
  readonly seconds: number;
  /** Requests a second over all users, sent whether or not the ones before are answered; absent: as fast as answers come. */
  readonly rate?: number;
}

export interface Sample {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Requests without a 2xx answer. */
  readonly failed: number;
  /** Processor seconds per 1,000 requests, by process, until all is done that they led to. */
  readonly cpu: Readonly<Record<string, number>>;
  /** MiB resident at the end, by process. */
  readonly rss: Readonly<Record<string, number>>;
  /** Audit records that were durable, a second; absent where the leg keeps none. */
  readonly records?: number;
  /** The longest wait of the event loop, in milliseconds. */
  readonly lag?: number;
}

/** Loads a leg with h2load (nghttp2). `dir` is a folder for its log. */
export async function load(
  leg: Leg,
  { path, body, users, seconds, rate }: Load,
  dir: string,
): Promise<Sample> {
  const log = join(dir, "requests.log");
  rmSync(log, { force: true });
  const before = cpuOf(leg.pids());
  const told = await metricsOf(leg);
  await run(
    "h2load",
    ["--h1", "-D", String(seconds), "-c", String(users), "-t", "1", "-d", body]
      .concat(["-H", "content-type: application/json", "--log-file", log])
      .concat(rate === undefined ? [] : ["--rps", String(rate / users)])
      .concat(leg.headers.flatMap((header) => ["-H", header]))
      .concat(leg.url + path),
    // A connection that is not made when the time is over keeps h2load for ever; its log is whole all the same.
    { maxBuffer: 1e9, timeout: (seconds + 10) * 1000 },
  ).catch((error: { readonly killed?: boolean }) => {
    if (error.killed !== true) throw error;
  });
  await settled(leg);
  const after = cpuOf(leg.pids());
  const tells = await metricsOf(leg);
  const rows = readFileSync(log, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));
  const done = rows.filter(([, status]) => status?.startsWith("2"));
  const times = done.map(([, , micros]) => Number(micros) / 1000).sort((a, b) => a - b);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return {
    perSecond: done.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    failed: rows.length - done.length,
    cpu: mapped(after, (used, name) => ((used - (before[name] ?? 0)) / done.length) * 1000),
    rss: rssOf(leg.pids()),
    ...(told === undefined || tells === undefined
      ? {}
      : { records: (tells.records - told.records) / seconds, lag: tells.lag }),
  };
}

/** Milliseconds between two looks, and how long at most what is left to do is waited for. */
const lookEvery = 500;
const mostWait = 30_000;

/** Resolves once a leg does next to nothing: what it put off is its own cost, and not that of the leg behind it. */
async function settled(leg: Leg): Promise<void> {
  const used = (): number => Object.values(cpuOf(leg.pids())).reduce((sum, one) => sum + one, 0);
  let before = used();
  for (let waited = 0; waited < mostWait; waited += lookEvery) {
    await sleep(lookEvery);
    const now = used();
    if (now - before < 0.025) return;
    before = now;
  }
}

/** What a gateway says of itself, over all its processes: each asking begins the longest wait anew. */
async function metricsOf({ metrics }: Leg) {
  if (metrics === undefined) return undefined;
  const text = await (await fetch(`${metrics}/metrics`)).text();
  const all = (name: string): readonly number[] =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm"))].map(([, value]) =>
      Number(value),
    );
  return {
    records: all("sallyport_audit_records_total").reduce((sum, value) => sum + value, 0),
    lag: Math.max(0, ...all("nodejs_eventloop_lag_max_seconds")) * 1000,
  };
}

function mapped(
  numbers: Readonly<Record<string, number>>,
  each: (value: number, name: string) => number,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, each(value, name)]),
  );
}
