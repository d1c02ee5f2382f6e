// node test/bench/exchange.ts [full|plain|stream] [--exchanges N] [--rounds N] [--down KIB] [--json]: processor time of one exchange
// in the gateway's own process, all threads, without Envoy and gRPC: a hundred at a time, answered at once. The first round
// is a warm-up. `--shares` says where the main thread's time and its memory go, by folder.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { openServing } from "../../src/assembly/gateway.ts";
import type { House } from "../../src/assembly/house.ts";
import { loadConfig } from "../../src/config/file.ts";
import { startDemoIssuer } from "../../src/demo/issuer.ts";
import { converse } from "../../src/gateway/converse.ts";
import type { Origin, Port, Step } from "../../src/gateway/phase.ts";
import { Fields } from "../../src/http/fields.ts";
import { newSession } from "../support/session.ts";
import { configFor } from "../support/stack-config.ts";
import { startCollector } from "./gateway/collector.ts";
import { connections, type Kind, policyFor } from "./gateway/sallyport-legs.ts";
import { inspected } from "./inspected.ts";
import { answerOf, eventOf, requestText } from "./samples.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    exchanges: { type: "string", default: "3000" },
    rounds: { type: "string", default: "4" },
    down: { type: "string", default: "10" },
    json: { type: "boolean", default: false },
    shares: { type: "boolean", default: false },
  },
});
const [shape = "full"] = positionals;
const exchanges = Number(values.exchanges);
const kind: Kind = shape === "plain" ? "Sallyport, no masks" : "Sallyport, full work";
const answer: readonly Buffer[] =
  shape === "stream"
    ? [
        ...Array.from({ length: 500 }, (_, at) => Buffer.from(eventOf(at))),
        Buffer.from("data: [DONE]\n\n"),
      ]
    : [answerOf(Number(values.down) * 1024)];
const request = Buffer.from(requestText(1024));
const type = shape === "stream" ? "text/event-stream" : "application/json; charset=utf-8";

const origin: Origin = {
  route: "copilot@path0",
  sourceAddress: "127.0.0.1:40000",
  method: "POST",
  path: "/copilot/chat/completions",
  parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
};

/** One exchange from its first byte to the end of its completion, as Envoy would tell it. */
function exchange({ parts }: House, authorization: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const head = {
      method: "POST",
      scheme: "https",
      authority: "127.0.0.1:8443",
      path: origin.path,
      fields: new Fields([
        ["user-agent", "h2load nghttp2/1.52.0"],
        ["content-type", "application/json"],
        ["content-length", String(request.length)],
        ["authorization", authorization],
        ["x-forwarded-proto", "https"],
        ["x-request-id", crypto.randomUUID()],
      ]),
    };
    const fields = new Fields([
      ["content-type", type],
      ["date", "Mon, 23 Nov 2026 00:00:00 GMT"],
      ["connection", "keep-alive"],
      ["x-envoy-upstream-service-time", "10"],
    ]);
    const respond = (): void => {
      talk.receive({ kind: "responseHead", head: { status: 200, fields }, origin, end: false });
      answer.forEach((bytes, at) => {
        // Of its own, as Envoy's messages are: what was read of one is not known of another.
        const chunk = Buffer.from(bytes);
        talk.receive({ kind: "responseBody", chunk, end: at === answer.length - 1 });
      });
      talk.left();
      resolve();
    };
    const port: Port = {
      congested: false,
      pause: () => undefined,
      resume: () => undefined,
      fail: (reason) => reject(new Error(reason)),
      send(step: Step) {
        if (step.kind === "reply") reject(new Error(`refused with ${step.reply.status}`));
        if (step.kind === "requestBody" && step.end) setImmediate(respond);
      },
    };
    const begin = { kind: "requestHead", head, origin, end: false } as const;
    const talk = converse(parts, port, begin);
    talk.receive(begin);
    talk.receive({ kind: "requestBody", chunk: request, end: true });
  });
}

/** Microseconds of processor time per exchange, and exchanges a second. */
async function round(house: House, authorization: string) {
  let left = exchanges;
  const cpu = process.cpuUsage();
  const from = performance.now();
  const worker = async (): Promise<void> => {
    while (left-- > 0) await exchange(house, authorization);
  };
  await Promise.all(Array.from({ length: 100 }, worker));
  // Else rounds pile up what is to be recorded, until there is no room and it is left out.
  await house.recordings.store.flush();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - from) / 1000;
  return { user: user / exchanges, system: system / exchanges, perSecond: exchanges / seconds };
}

/** One line for each folder that has a hundredth of either. */
async function tellShares(house: House, authorization: string): Promise<void> {
  const { time, bytes } = await inspected(async () => {
    await round(house, authorization);
  });
  const all = [...bytes.values()].reduce((sum, size) => sum + size, 0);
  console.log(`KiB allocated per exchange: ${(all / 1024 / exchanges).toFixed(0)}`);
  for (const folder of new Set([...time.keys(), ...bytes.keys()])) {
    const [spent = 0, size = 0] = [time.get(folder), (bytes.get(folder) ?? 0) / all];
    if (spent < 0.01 && size < 0.01) continue;
    const cells = [spent, size].map((share) => `${(share * 100).toFixed(0)} %`.padStart(5));
    console.log(`${folder.padEnd(24)} time ${cells[0]}  memory ${cells[1]}`);
  }
}

/** An OpenTelemetry receiver that takes everything, in a process of its own. */
const dir = mkdtempSync(join(tmpdir(), "sallyport-exchange-"));
const issuer = await startDemoIssuer();
const collector = await startCollector();
const file = join(dir, "sallyport.yaml");
const upstream = "http://127.0.0.1:9";
writeFileSync(join(dir, "credential"), `upstream-credential-${crypto.randomUUID()}`, {
  mode: 0o600,
});
writeFileSync(join(dir, "policy.yaml"), policyFor(kind));
writeFileSync(
  file,
  stringify({ ...configFor(issuer.url, upstream, collector.url), ...connections(upstream) }),
);
const config = loadConfig(file);
if (!config.ok) throw new Error(config.error[0].message);
const opened = await openServing(config.value, "bench", {
  out: () => undefined,
  fault: (where, error) => console.error(where, error),
});
if (!opened.ok) throw new Error(opened.error[0]);
const { house, serving } = opened.value;
try {
  const authorization = `Bearer ${await newSession({ api: serving.apiUrl.replace(/\/$/, ""), issuer })}`;
  const rounds = [];
  for (let at = 0; at < Number(values.rounds); at += 1)
    rounds.push(await round(house, authorization));
  if (values.shares) await tellShares(house, authorization);
  const { heapUsed, external, rss } = process.memoryUsage();
  const memory = { heapUsed, external, rss };
  if (values.json) console.log(JSON.stringify({ shape, exchanges, rounds, memory }));
  else
    for (const [at, { user, system, perSecond }] of rounds.entries())
      console.log(
        `${at === 0 ? "warm-up" : `round ${at}`}: ${user.toFixed(0)} + ${system.toFixed(0)} µs of processor time per exchange, ${perSecond.toFixed(0)}/s`,
      );
} finally {
  await serving.stop({ deadline: 5000 });
  await issuer.close();
  collector.stop();
  rmSync(dir, { recursive: true, force: true });
}
