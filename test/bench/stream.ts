// npm run bench -- stream: event streams with a token every 20 ms and at full speed, by way of each leg: what is added to
// the first token and between tokens, and how many events a second pass.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readStreams, type StreamSample } from "./gateway/event-stream.ts";
import type { Leg } from "./gateway/leg.ts";
import { cpuOf } from "./gateway/processes.ts";
import { withLegs } from "./gateway/rounds.ts";

interface Result {
  readonly name: string;
  readonly paced: StreamSample;
  readonly full: StreamSample;
  /** Processor microseconds per event at full speed, by process. */
  readonly cpu: Readonly<Record<string, number>>;
}

const streams = 20;
const rounds = 6;
const paced = { atOnce: streams, inTurn: rounds, query: "tokens=30&every=20", apart: 51 };
const full = { atOnce: streams, query: "tokens=3000&every=0" };
/** V8 compiles as it goes, and what begins a stream ran but a few times after some long ones. */
const short = { atOnce: streams, inTurn: 150, query: "tokens=1&every=0" };

const results = await withLegs(false, async (legs) => {
  for (const leg of legs) {
    await readStreams(leg, { ...full, atOnce: 4 });
    await readStreams(leg, short);
  }
  const made: Result[] = [];
  for (const leg of legs) made.push(await measure(leg));
  return made;
});

async function measure(leg: Leg): Promise<Result> {
  const slow = await readStreams(leg, paced);
  const before = cpuOf(leg.pids());
  const fast = await readStreams(leg, full);
  const cpu = Object.entries(cpuOf(leg.pids())).map(
    ([name, used]) => [name, ((used - (before[name] ?? 0)) / fast.events) * 1e6] as const,
  );
  return { name: leg.name, paced: slow, full: fast, cpu: Object.fromEntries(cpu) };
}

const at = (numbers: readonly number[], share: number): string =>
  (numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * share)] ?? Number.NaN).toFixed(2);

console.log(
  `\n${streams * rounds} streams of 30 tokens, one every 20 ms, ${streams} at once; then ${streams} of 3,000 at full speed; ms, p50 / p99`,
);
console.log(
  `${"".padEnd(24)} first token     event's way     between tokens   events/s   µs of processor per event`,
);
for (const { name, paced: slow, full: fast, cpu } of results) {
  const pair = (numbers: readonly number[]): string =>
    `${at(numbers, 0.5)} / ${at(numbers, 0.99)}`.padEnd(16);
  const rate = (fast.events / fast.seconds).toFixed(0).padStart(8);
  const costs = Object.entries(cpu).map(([who, used]) => `${who} ${used.toFixed(0)}`);
  console.log(
    `${name.padEnd(24)} ${pair(slow.first)}${pair(slow.delays)}${pair(slow.gaps)} ${rate}   ${costs.join(", ")}`,
  );
}
const folder = join(import.meta.dirname, "results");
mkdirSync(folder, { recursive: true });
const summary = results.map(({ name, paced: slow, full: fast, cpu }) => ({
  name,
  first: { p50: at(slow.first, 0.5), p99: at(slow.first, 0.99) },
  delay: { p50: at(slow.delays, 0.5), p99: at(slow.delays, 0.99) },
  gap: { p50: at(slow.gaps, 0.5), p99: at(slow.gaps, 0.99) },
  perSecond: fast.events / fast.seconds,
  cpu,
}));
writeFileSync(join(folder, "stream.samples.json"), `${JSON.stringify(summary, null, 2)}\n`);
