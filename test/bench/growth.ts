// npm run bench -- growth: how the gateway's processor time grows with the length of an answer (1 KiB to 100 MiB), with
// the rules of a policy (10 to 1,000) and with event streams at once (1 to 1,000). Plots go to test/bench/results/.
import { mkdirSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { readStreams } from "./gateway/event-stream.ts";
import type { Leg } from "./gateway/leg.ts";
import { cpuOf } from "./gateway/processes.ts";
import { small, withUpstream } from "./gateway/rounds.ts";
import { gateway } from "./gateway/sallyport-legs.ts";
import { type Series, slope, svg } from "./plot.ts";
import { measurePolicy } from "./policy.ts";

const kib = 1024;
const mib = 1024 * kib;
const folder = join(import.meta.dirname, "results");
mkdirSync(folder, { recursive: true });

/** Microseconds of the gateway's processor time that `act` costs. */
async function spent(leg: Leg, act: () => Promise<unknown>): Promise<number> {
  const used = (): number => cpuOf(leg.pids())["sallyport"] ?? 0;
  const before = used();
  await act();
  // Ticks are a hundredth of a second: less than one is taken for one.
  return Math.max(used() - before, 0.01) * 1e6;
}

const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });

/** One model call; resolves with the bytes of its answer. */
function call({ url, headers }: Leg, query: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const fields = Object.fromEntries(headers.map((line) => line.split(": ")));
    const options = {
      method: "POST",
      agent,
      headers: { "content-type": "application/json", ...fields },
    };
    const asked = request(`${url}/chat/completions?${query}`, options, (response) => {
      let bytes = 0;
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.once("end", () => resolve(bytes));
      response.once("error", reject);
    });
    asked.once("error", reject);
    asked.end('{"model":"m","messages":[{"role":"user","content":"Go on."}]}');
  });
}

async function bodies(leg: Leg): Promise<Series> {
  const sizes = [1, 10, 100, kib, 10 * kib, 100 * kib].map((size) => size * kib);
  const points: (readonly [number, number])[] = [];
  for (const size of small ? sizes.slice(0, 2) : sizes) {
    const times = small ? 5 : Math.max(1, Math.min(300, Math.round((32 * mib) / size)));
    const cost = await spent(leg, async () => {
      for (let time = 0; time < times; time += 1) await call(leg, `delay=0&size=${size}`);
    });
    points.push([size, cost / times]);
  }
  return { name: "answers", points };
}

async function streams(leg: Leg): Promise<Series> {
  const points: (readonly [number, number])[] = [];
  for (const count of small ? [1, 10] : [1, 10, 100, 1000]) {
    const times = small ? 1 : Math.ceil(30 / count);
    const cost = await spent(leg, async () => {
      for (let time = 0; time < times; time += 1)
        await readStreams(leg, { atOnce: count, query: "tokens=40&every=50" });
    });
    points.push([count, cost / times]);
  }
  return { name: "streams at once", points };
}

function rules(): Series {
  const sizes = small ? [10, 100] : [10, 30, 100, 300, 1000];
  return {
    name: "rules",
    points: measurePolicy(sizes).map(({ rules: size, decision }) => [size, decision / 1000]),
  };
}

const measured = await withUpstream(async (url) => {
  const { leg } = await gateway("Sallyport, full work", url);
  try {
    await readStreams(leg, { atOnce: 2, query: "tokens=20&every=0" });
    return { bodies: await bodies(leg), streams: await streams(leg), rules: rules() };
  } finally {
    await leg.stop();
  }
});
agent.destroy();

const titles = {
  bodies: ["bytes of an answer", "µs of processor per answer"],
  streams: ["event streams of 40 tokens at once", "µs of processor for all"],
  rules: ["rules of a policy", "µs of processor per decision"],
} as const;
for (const [name, series] of Object.entries(measured)) {
  const [x, y] = titles[name as keyof typeof titles];
  writeFileSync(
    join(folder, `growth-${name}.svg`),
    svg(`${x}: slope ${slope(series).toFixed(2)}`, x, y, [series]),
  );
  console.log(`\n${x} → ${y}; slope ${slope(series).toFixed(2)} (1 is linear, less is better)`);
  for (const [size, cost] of series.points)
    console.log(`${String(size).padStart(12)} ${cost.toFixed(1).padStart(12)}`);
}
writeFileSync(join(folder, "growth.samples.json"), `${JSON.stringify(measured, null, 2)}\n`);
