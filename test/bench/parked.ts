// npm run bench -- parked [--transport=NAME] [--alone]: many requests parked at once behind Envoy, 5,000 unless PARKED says, on both
// transports or that one: what each costs the real processor in memory, against the least processor on the same transport;
// then decided one by one through the API, and the rest in one burst, until the gateway has let each go and the upstream has it; how late the
// event loop was meanwhile at worst, and the processor time that every process here took for each.
// With --alone Envoy stands still from the burst until the gateway has let all go: what that takes by itself.
import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openRedisStore } from "../../src/approvals/redis.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { ApprovalId } from "../../src/core/ids.ts";
import { ask } from "../../src/demo/ask.ts";
import { startRedis } from "../support/redis.ts";
import { type ServeStack, startServeStack } from "../support/serve-stack.ts";
import { cpuOf } from "./gateway/processes.ts";
import { gather, liveProbe, resident, warm } from "./parked/crowd.ts";

const size = Number(process.env["PARKED"] ?? 5000);
const spaced = Math.min(400, Math.floor(size / 4));
const transports = ["grpc-js", "http2"];
const policy = `rules:
  - id: writing-waits
    when: { access: write }
    then: [ { approve: { by: "group:maintainers", hold: 30m, within: 40m } }, { inject: {} } ]
otherwise: [ { deny: { reason: "No." } } ]
`;

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;
const percentiles = (took: readonly number[]): string => {
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(0);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms`;
};

const { values } = parseArgs({
  options: { transport: { type: "string" }, alone: { type: "boolean", default: false } },
});
const probe = liveProbe();
for (const transport of values.transport === undefined ? transports : [values.transport]) {
  console.log(`${transport}:`);
  const alone = await transportAlone(transport);
  const full = await gateway(transport);
  const times = (full.live / alone.live).toFixed(2);
  console.log(`a parked request keeps ${times} times what the transport alone does`);
}

/** What each of them costs: bytes that are kept, and resident bytes, with the garbage that lies about and without. */
interface Cost {
  readonly live: number;
  readonly resident: number;
  readonly tidy: number;
}

async function costOf(stack: ServeStack): Promise<Cost> {
  // In this order: the first collects what the second counts.
  const taken = resident(stack.pid);
  const live = await probe.live(stack.pid);
  return { live, resident: taken, tidy: resident(stack.pid) };
}

function each(before: Cost, after: Cost): Cost {
  const share = (of: keyof Cost) => (after[of] - before[of]) / size;
  return { live: share("live"), resident: share("resident"), tidy: share("tidy") };
}

function said({ live, resident: taken, tidy }: Cost): string {
  return `${kib(live)} each, ${kib(taken)} resident, ${kib(tidy)} without garbage`;
}

/** What each stream costs that is only held. */
async function transportAlone(transport: string): Promise<Cost> {
  const parking = join(import.meta.dirname, "echo", "parking.ts");
  const stack = await startServeStack({
    policy,
    program: parking,
    args: [transport],
    env: probe.env,
  });
  await warm(stack);
  const before = await costOf(stack);
  const crowd = await gather(stack, size);
  await settled(stack, async () => true);
  const cost = each(before, await costOf(stack));
  const since = performance.now();
  stack.tell("go");
  await crowd.answers;
  const woken = performance.now() - since;
  console.log(
    `${size} held by the least processor: ${said(cost)}; all answered after ${woken.toFixed(0)} ms`,
  );
  crowd.close();
  await stack.stop();
  return cost;
}

/** Resolves when it is done and resident memory has stopped growing. */
async function settled(stack: ServeStack, done: () => Promise<boolean>): Promise<void> {
  let last = 0;
  for (;;) {
    await pause(3000);
    const now = resident(stack.pid);
    if ((await done()) && Math.abs(now - last) < Math.max(size * 512, 1_000_000)) return;
    last = now;
  }
}

async function gateway(transport: string): Promise<Cost> {
  const redis = await startRedis();
  const state = { kind: "redis", url: redis.url };
  const limits = { approvals: { pending: size + 1 } };
  const config = { listen: { transport }, state, ...limits };
  const stack = await startServeStack({ policy, config, env: probe.env });
  const desk = await openRedisStore({ url: redis.url, clock: systemClock });
  await warm(stack);
  const before = await costOf(stack);
  const began = performance.now();
  const crowd = await gather(stack, size);
  let parkedAfter = 0;
  await settled(stack, async () => {
    const all = (await desk.pending()).count === size;
    if (all && parkedAfter === 0) parkedAfter = performance.now() - began;
    return all;
  });
  const cost = each(before, await costOf(stack));
  console.log(
    `${size} parked by the gateway within ${(parkedAfter / 1000).toFixed(0)} s: ${said(cost)}`,
  );
  const ids = await pendingIds(desk);
  await lag(stack);
  const one = await oneByOne(stack, ids.slice(0, spaced));
  console.log(
    `${spaced} approved one by one through the API, until the upstream had each: ${percentiles(one)}; event loop late by ${(await lag(stack)).toFixed(0)} ms at most`,
  );
  const rest = ids.slice(spaced);
  const parties = {
    gateway: stack.pid,
    Envoy: stack.envoy,
    Redis: redis.pid,
    "clients, upstream and approvers": process.pid,
  };
  const used = cpuOf(parties);
  if (values.alone) process.kill(stack.envoy, "SIGSTOP");
  const since = performance.now();
  const decisions = Promise.all(
    rest.map(([id, name]) => approved(desk, id).then(() => [name, performance.now()] as const)),
  );
  const times = arrivals(stack, new Set(rest.map(([, name]) => name)));
  const gone = released(stack, size).then((how) => {
    if (values.alone) process.kill(stack.envoy, "SIGCONT");
    return { ...how, spent: share(cpuOf(parties), used, rest.length) };
  });
  const [decided, arrived, leaving] = await Promise.all([decisions, times, gone]);
  const took = decided.map(([name, at]) => Math.max(0, (arrived.get(name) ?? Number.NaN) - at));
  const whole = Math.max(...arrived.values()) - since;
  const deciding = Math.max(...decided.map(([, at]) => at)) - since;
  console.log(
    `${rest.length} approved at once, within ${deciding.toFixed(0)} ms: all let go by the gateway after ${leaving.after.toFixed(0)} ms, at the upstream after ${whole.toFixed(0)} ms; ` +
      `from each decision ${percentiles(took)}; event loop late by ${Math.max(leaving.late, await lag(stack)).toFixed(0)} ms at most`,
  );
  const statuses = await crowd.answers;
  const all = share(cpuOf(parties), used, rest.length).get("gateway");
  const told = [...leaving.spent].map(([name, each]) => `${name} ${each.toFixed(0)}`).join(", ");
  console.log(
    `µs of processor time for each until it was let go, on ${cpus().length} cores: ${told}; the gateway ${all?.toFixed(0)} with its answer`,
  );
  if (
    statuses.some((status) => status !== 404) ||
    stack.upstream.log.filter(({ method }) => method === "POST").length !== size
  )
    throw new Error("not every request that was approved went through once");
  crowd.close();
  await desk.close();
  await stack.stop();
  await redis.stop();
  return cost;
}

/** Microseconds of processor time that each party has used for each request since then. */
function share(
  now: ReturnType<typeof cpuOf>,
  then: ReturnType<typeof cpuOf>,
  count: number,
): ReadonlyMap<string, number> {
  const each = (name: string, seconds: number) => ((seconds - (then[name] ?? 0)) / count) * 1e6;
  return new Map(Object.entries(now).map(([name, seconds]) => [name, each(name, seconds)]));
}

type Desk = Awaited<ReturnType<typeof openRedisStore>>;

async function pendingIds(desk: Desk): Promise<readonly (readonly [ApprovalId, string])[]> {
  const all = await desk.list({ state: "pending", limit: size });
  return all.map(({ ask: asked }) => [asked.id, nameIn(asked.preview.path)] as const);
}

function nameIn(path: string): string {
  return /\/(p\d+)\/labels/.exec(path)?.[1] ?? "";
}

function approved(desk: Desk, id: ApprovalId): Promise<unknown> {
  const by = { id: "people:alice", aliases: ["people:alice"], groups: ["maintainers"] };
  return desk.apply(id, { kind: "approve", by, reason: "", breakGlass: false } as never);
}

async function oneByOne(
  stack: ServeStack,
  ids: readonly (readonly [ApprovalId, string])[],
): Promise<readonly number[]> {
  const alice = stack.person("alice", ["maintainers"]);
  const took: number[] = [];
  for (const [id, name] of ids) {
    const since = performance.now();
    const there = arrivals(stack, new Set([name]));
    const { status, text } = await alice(`/api/v1/approvals/${id}/approve`, { reason: "" });
    if (status !== 200) throw new Error(`not approved: ${text}`);
    took.push(((await there).get(name) ?? Number.NaN) - since);
  }
  return took;
}

/** When each of these reached the upstream. */
async function arrivals(
  stack: ServeStack,
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  let at = stack.upstream.log.length;
  while (found.size < names.size) {
    for (; at < stack.upstream.log.length; at++) {
      const { method, path = "" } = stack.upstream.log[at] ?? {};
      const name = method === "POST" ? nameIn(path) : "";
      if (names.has(name)) found.set(name, performance.now());
    }
    await pause(1);
  }
  return found;
}

interface Released {
  /** Milliseconds until it was so. */
  readonly after: number;
  /** How late the event loop was meanwhile at most, in milliseconds: asking for one tells of the other, and begins anew. */
  readonly late: number;
}

/** Resolves when so many approved requests are on record as let go; with that they go on. */
async function released(stack: ServeStack, count: number): Promise<Released> {
  const since = performance.now();
  for (let late = 0; ; await pause(50)) {
    const { text } = await ask(`${stack.api}/metrics`);
    late = Math.max(late, latenessIn(text));
    const approved = /^sallyport_exchanges_total\{.*decision="approve".*\} (\d+)$/m.exec(text)?.[1];
    if (Number(approved) >= count) return { after: performance.now() - since, late };
  }
}

/** How late the processor's event loop was at most since the last time that this was asked. */
async function lag(stack: ServeStack): Promise<number> {
  return latenessIn((await ask(`${stack.api}/metrics`)).text);
}

function latenessIn(metrics: string): number {
  const found = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(metrics)?.[1];
  return Number(found) * 1000;
}
