// node test/bench/gateway.ts: one request (1 KiB up, 10 KiB down, an upstream that takes 10 ms) by way of nothing, of
// Envoy alone, and of the whole gateway (OIDC session, policy, masking both ways, durable audit), in turns in one run.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readListeners } from "../../src/envoy/admin-client.ts";
import { findEnvoy } from "../../src/envoy/binary.ts";
import { startEnvoy } from "../../src/envoy/process.ts";
import { type Stack, startStack } from "../support/stack.ts";

const run = promisify(execFile);
const rounds = 3;
const seconds = 8;
const users = 100;

interface Leg {
  readonly name: string;
  readonly url: string;
  readonly headers: readonly string[];
  /** Whose processor time counts. */
  readonly pids: () => Readonly<Record<string, number>>;
}

interface Sample {
  readonly perSecond: number;
  readonly meanMs: number;
  readonly maxMs: number;
  readonly failed: number;
  /** Processor seconds per 1,000 requests, by process. */
  readonly cpu: Readonly<Record<string, number>>;
}

const policy = `rules:
${Array.from(
  { length: 98 },
  (_, index) =>
    `  - { id: rule-${index}, when: { operation: repository.delete, resource: "github.com/org-${index}/*" }, then: [ { deny: { reason: "No." } } ] }`,
).join("\n")}
  - { id: all-reads, when: { access: read }, then: [ { mask: { direction: both } }, { inject: {} }, { record: {} } ] }
  - { id: calls, when: { operation: model.call }, then: [ { mask: { direction: both } }, { inject: {} }, { record: {} } ] }
otherwise: [ { deny: { reason: "No." } } ]
`;

const dir = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
const upstream = spawn(process.execPath, [join(import.meta.dirname, "upstream.ts"), "10"], {
  stdio: ["ignore", "pipe", "inherit"],
});
const [portLine] = (await once(upstream.stdout as NonNullable<ChildProcess["stdout"]>, "data")) as [
  Buffer,
];
const upstreamUrl = `http://127.0.0.1:${Number(portLine.toString())}`;
const text = "Explain what this function does, and how it could be made simpler. ".repeat(14);
const body = join(dir, "body.json");
writeFileSync(
  body,
  JSON.stringify({ model: "m", stream: false, messages: [{ role: "user", content: text }] }),
);

const stack = await startStack({ policy, config: connections(upstreamUrl) });
const token = await session(stack);
const alone = await envoyAlone();
const pathOf = "/chat/completions";
const legs: readonly Leg[] = [
  { name: "upstream direct", url: upstreamUrl + pathOf, headers: [], pids: () => ({}) },
  {
    name: "Envoy alone",
    url: `${alone.url}/copilot${pathOf}`,
    headers: [],
    pids: () => ({ envoy: alone.pid }),
  },
  {
    name: "whole gateway",
    url: `${stack.proxy}/copilot${pathOf}`,
    headers: [`authorization: Bearer ${token}`],
    pids: () => ({ envoy: stack.envoyPids()[0] ?? 0, sallyport: stack.process.pid ?? 0 }),
  },
];

const samples = new Map<string, Sample[]>(legs.map(({ name }) => [name, []]));
try {
  for (const leg of legs) await load(leg, 2);
  for (let round = 0; round < rounds; round += 1)
    for (const leg of legs) samples.get(leg.name)?.push(await load(leg, seconds));
  print();
} finally {
  await alone.stop();
  await stack.stop();
  upstream.kill();
  rmSync(dir, { recursive: true, force: true });
}

async function load(leg: Leg, duration: number): Promise<Sample> {
  const before = cpuOf(leg);
  const { stdout } = await run(
    "h2load",
    ["--h1", "-D", String(duration), "-c", String(users), "-t", "1", "-d", body]
      .concat(["-H", "content-type: application/json"])
      .concat(leg.headers.flatMap((header) => ["-H", header]))
      .concat(leg.url),
    { maxBuffer: 1e8 },
  );
  const done = Number(/(\d+) succeeded/.exec(stdout)?.[1]);
  const failed = Number(/(\d+) failed/.exec(stdout)?.[1]);
  const bad = Number(/(\d+) 4xx, (\d+) 5xx/.exec(stdout)?.[1]);
  const after = cpuOf(leg);
  const time = /time for request:\s+\S+\s+(\S+)\s+(\S+)/.exec(stdout);
  return {
    perSecond: done / duration,
    meanMs: milliseconds(time?.[2] ?? ""),
    maxMs: milliseconds(time?.[1] ?? ""),
    failed: failed + bad,
    cpu: Object.fromEntries(
      Object.entries(after).map(([name, used]) => [
        name,
        ((used - (before[name] ?? 0)) / done) * 1000,
      ]),
    ),
  };
}

function print(): void {
  const direct = median("upstream direct", "perSecond");
  const envoy = median("Envoy alone", "perSecond");
  console.log(
    `${users} users, 1 KiB up, 10 KiB down, upstream 10 ms, HTTP/1.1, ${rounds} rounds of ${seconds} s; medians`,
  );
  console.log(
    "leg               requests/s  of direct  of Envoy   mean ms   max ms  failed  CPU s per 1,000",
  );
  for (const { name } of legs) {
    const rate = median(name, "perSecond");
    const cells = [
      rate.toFixed(0).padStart(10),
      (rate / direct).toFixed(2).padStart(10),
      (rate / envoy).toFixed(2).padStart(9),
      median(name, "meanMs").toFixed(1).padStart(9),
      median(name, "maxMs").toFixed(1).padStart(8),
      String(median(name, "failed")).padStart(7),
    ];
    const last = samples.get(name)?.at(-1)?.cpu ?? {};
    const cpu = Object.entries(last).map(([who, used]) => `${who} ${used.toFixed(2)}`);
    console.log(`${name.padEnd(17)} ${cells.join(" ")}  ${cpu.join(", ")}`);
  }
}

function median(name: string, figure: "perSecond" | "meanMs" | "maxMs" | "failed"): number {
  const sorted = (samples.get(name) ?? []).map((sample) => sample[figure]).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

function milliseconds(text: string): number {
  const [, number, unit] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? [];
  return Number(number) * (unit === "us" ? 0.001 : unit === "s" ? 1000 : 1);
}

/** Seconds of processor time that each process has used (Linux, 100 ticks a second). */
function cpuOf({ pids }: Leg): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(pids()).map(([name, pid]) => {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      return [name, (Number(fields[11]) + Number(fields[12])) / 100];
    }),
  );
}

/** The same bootstrap without the filters that make it a gateway. */
async function envoyAlone(): Promise<{ url: string; pid: number; stop(): Promise<unknown> }> {
  const binary = await findEnvoy();
  if (!binary.ok) throw new Error(binary.error);
  const file = join(stack.folder.path, "data", "envoy", "bootstrap.json");
  const whole = JSON.parse(readFileSync(file, "utf8"), (key, value) => {
    if (key === "typed_per_filter_config") return undefined;
    if (key !== "http_filters") return value;
    return (value as { name: string }[]).filter(({ name }) => name.endsWith("router"));
  });
  const bootstrapFile = join(dir, "bootstrap.json");
  writeFileSync(bootstrapFile, JSON.stringify(whole));
  const envoy = await startEnvoy({ binary: binary.value.path, bootstrapFile, dir });
  if (!envoy.ok) throw new Error(envoy.error);
  const listeners = await readListeners(envoy.value.admin);
  const { pid } = envoy.value;
  return { url: `https://${listeners.get("proxy")}`, pid, stop: () => envoy.value.stop() };
}

async function session({ api, issuer }: Stack): Promise<string> {
  const answer = await fetch(`${api}/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: await issuer.token(),
      subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
    }),
  });
  const { access_token } = (await answer.json()) as { access_token?: string };
  if (access_token === undefined) throw new Error(`no session: ${answer.status}`);
  return access_token;
}

function connections(upstream: string): Readonly<Record<string, unknown>> {
  return {
    connections: [
      {
        name: "copilot",
        kind: "copilot",
        hosts: ["api.githubcopilot.com"],
        upstream,
        credential: "copilot",
      },
    ],
    credentials: [{ name: "copilot", source: { file: "./credential" }, scheme: "bearer" }],
  };
}
