// node test/bench/soak.ts [--minutes 60] [--processes 2] [--transport http2]: model calls, larger bodies and event streams, in turns, at a
// fixed rate for so long; each minute's latency, memory and event loop in one line, and how the last compare with the first.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readStreams } from "./gateway/event-stream.ts";
import type { Leg } from "./gateway/leg.ts";
import { load } from "./gateway/load.ts";
import { requestFile, values, withUpstream } from "./gateway/rounds.ts";
import { gateway, gatewayOf } from "./gateway/sallyport-legs.ts";
import { median } from "./report.ts";

const rate = Number(values.rate);
const seconds = Number(values.seconds ?? "60");
const transport = values.transport === "http2" ? "http2" : "grpc-js";

interface Minute {
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
  readonly token99: number;
  readonly lag: number;
  readonly records: number;
  readonly rss: Readonly<Record<string, number>>;
}

async function minute(leg: Leg, dir: string): Promise<Minute> {
  const whole = { users: 20, rate, seconds };
  const small = load(
    leg,
    { ...whole, path: "/chat/completions", body: requestFile(dir, 1024) },
    dir,
  );
  const stop = AbortSignal.timeout(seconds * 1000);
  const delays: number[] = [];
  const others = (async () => {
    while (!stop.aborted) {
      const read = await readStreams(leg, { atOnce: 5, query: "tokens=100&every=20" });
      delays.push(...read.delays);
      await readStreams(leg, { atOnce: 1, query: "tokens=2000&every=0" });
    }
  })();
  const [sample] = await Promise.all([small, others]);
  const { p50, p99, failed, rss, lag = 0, records = 0 } = sample;
  const token99 = delays.toSorted((a, b) => a - b)[Math.floor(delays.length * 0.99)] ?? 0;
  return { p50, p99, failed, token99, lag, records, rss };
}

const minutes = await withUpstream(async (url, dir) => {
  const processes = Number(values.processes);
  const leg =
    processes > 1
      ? await gatewayOf(processes, url)
      : (await gateway("Sallyport, full work", url, {}, transport)).leg;
  try {
    console.log("minute  p50 ms  p99 ms  failed  token p99 ms  loop ms  records/s  MiB resident");
    const all: Minute[] = [];
    for (let at = 1; at <= Math.ceil((Number(values.minutes) * 60) / seconds); at += 1) {
      const one = await minute(leg, dir);
      all.push(one);
      const memory = Object.entries(one.rss).map(([name, mib]) => `${name} ${mib.toFixed(0)}`);
      const cells = [at, one.p50, one.p99, one.failed, one.token99, one.lag, one.records].map(
        (value) => value.toFixed(0).padStart(6),
      );
      console.log(`${cells.join("  ")}  ${memory.join(", ")}`);
    }
    return all;
  } finally {
    await leg.stop();
  }
});

/** The middle of the last quarter beside that of the second: the first is for warming up. */
function drift(of: (one: Minute) => number): string {
  const quarter = Math.max(1, Math.floor(minutes.length / 4));
  const early = median(minutes.slice(quarter, 2 * quarter).map(of));
  return `${early.toFixed(0)} → ${median(minutes.slice(-quarter).map(of)).toFixed(0)}`;
}

const rssOf = ({ rss }: Minute): number =>
  Object.entries(rss).reduce((sum, [name, mib]) => sum + (name === "envoy" ? 0 : mib), 0);
console.log(
  `from the second quarter to the last: p50 ${drift(({ p50 }) => p50)} ms, p99 ${drift(({ p99 }) => p99)} ms, ` +
    `memory without Envoy ${drift(rssOf)} MiB, Envoy ${drift(({ rss }) => rss["envoy"] ?? 0)} MiB`,
);
const folder = join(import.meta.dirname, "results");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "soak.samples.json"), `${JSON.stringify(minutes, null, 2)}\n`);
