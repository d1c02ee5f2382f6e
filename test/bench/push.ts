// npm run bench -- push: a real git pushes 100 MB of random bytes (PUSH_MB says otherwise), by way of nothing, of Envoy alone,
// of Envoy and the least processor, and of the gateway: judged by the paths that it changes, and looked through for secrets.
import { createCipheriv } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Git } from "../support/clients.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { envoyAlone, envoyAndGo, envoyAndGrpcJs } from "./gateway/envoy-legs.ts";
import type { Leg } from "./gateway/leg.ts";
import { cpuOf, rssOf } from "./gateway/processes.ts";
import { values } from "./gateway/rounds.ts";
import { median } from "./report.ts";

const megabytes = Number(process.env["PUSH_MB"] ?? (values.small ? "2" : "100"));
const rounds = values.small ? 1 : Number(values.rounds);

/** One way to the repository. */
interface Way {
  readonly name: string;
  /** Where the repository's owner begins. */
  readonly base: string;
  readonly token: string;
  readonly pids: Leg["pids"];
  readonly stop: () => Promise<unknown>;
}

interface Push {
  readonly seconds: number;
  readonly cpu: Readonly<Record<string, number>>;
  readonly rss: Readonly<Record<string, number>>;
}

const policies = {
  "by paths": "{ operation: push, attributes: { paths: { every: 'data/**' } } }, then: [ inject ]",
  "by paths, scanned":
    "{ operation: push, attributes: { paths: { every: 'data/**' } } }, then: [ scan, inject ]",
} as const;

async function gateway(
  kind: keyof typeof policies,
  transport: "grpc-js" | "http2",
): Promise<Way & { readonly stack: Stack }> {
  const policy = `rules:
  - { id: pushes, when: ${policies[kind]} }
  - { id: reading, when: { access: read }, then: [ inject ] }
otherwise: [ { deny: { reason: "No." } } ]
`;
  const stack = await startStack({ policy, config: { listen: { transport } } });
  const { token = "" } = await stack.access();
  return {
    stack,
    name: `Sallyport, ${kind}${transport === "http2" ? ", http2" : ""}`,
    base: stack.proxy,
    token,
    pids: () => ({ envoy: stack.envoyPids()[0] ?? 0, sallyport: stack.process.pid ?? 0 }),
    stop: () => stack.stop(),
  };
}

/** The other ways to what `stack` has behind it; these bring its credential themselves. */
async function* without(stack: Stack): AsyncGenerator<Way> {
  const { credential: token, upstream } = stack;
  const nobody = { pids: () => ({}), stop: async () => undefined };
  yield { name: "upstream direct", base: upstream.url, token, ...nobody };
  for (const open of [envoyAlone, envoyAndGo, envoyAndGrpcJs]) {
    const leg = await open(stack);
    if (typeof leg === "string") console.log(`left out: ${leg}`);
    else {
      const base = leg.url.replace(/\/copilot$/, "");
      yield { name: leg.name, base, token, pids: leg.pids, stop: leg.stop };
    }
  }
}

/** Bytes that nothing compresses, the same each time: in a gigabyte of such there is something that looks like a secret. */
function noise(number: number): Buffer {
  const key = Buffer.alloc(16, `${number} `);
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(megabytes << 20));
}

let made = 0;

/** Makes a commit that nobody has, and pushes it that way to a branch of its own. */
async function push(way: Way, dir: string, ca: string): Promise<Push> {
  const number = made++;
  const git = new Git(dir, { proxy: way.base, ca, token: way.token });
  await git.run("-C", "app", "checkout", "-q", "--detach", "origin/HEAD");
  mkdirSync(join(dir, "app", "data"), { recursive: true });
  writeFileSync(join(dir, "app", "data", `${number}.bin`), noise(number));
  await git.run("-C", "app", "add", "-A");
  await git.run("-C", "app", "commit", "-qm", `Number ${number}`);
  const before = cpuOf(way.pids());
  const began = performance.now();
  await git.run(
    "-C",
    "app",
    "push",
    "-q",
    `${way.base}/acme/app.git`,
    `HEAD:refs/heads/n${number}`,
  );
  const seconds = (performance.now() - began) / 1000;
  const after = cpuOf(way.pids());
  const cpu = Object.entries(after).map(([name, used]) => [name, used - (before[name] ?? 0)]);
  return { seconds, cpu: Object.fromEntries(cpu), rss: rssOf(way.pids()) };
}

const dir = mkdtempSync(join(tmpdir(), "sallyport-push-"));
const ways: Way[] = [];
try {
  const first = await gateway("by paths", "grpc-js");
  const { ca } = await first.stack.access();
  for await (const way of without(first.stack)) ways.push(way);
  ways.push(first, await gateway("by paths", "http2"), await gateway("by paths, scanned", "http2"));
  const certificates = new Map(
    ways.map((way) => [way, "stack" in way ? (way.stack as Stack) : first.stack]),
  );
  const git = new Git(dir, { proxy: first.stack.upstream.url, ca, token: first.stack.credential });
  await git.run("clone", "-q", `${first.stack.upstream.url}/acme/app.git`, "app");
  for (const setting of ["core.compression=0", "core.bigFileThreshold=1m", "pack.window=0"])
    await git.run("-C", "app", "config", ...setting.split("="));
  const pushes = new Map<string, Push[]>(ways.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const way of ways) {
      const own = certificates.get(way) ?? first.stack;
      pushes.get(way.name)?.push(await push(way, dir, (await own.access()).ca));
    }
  console.log(`\na push of ${megabytes} MB, medians of ${rounds}`);
  for (const [name, all] of pushes) {
    const seconds = median(all.map((one) => one.seconds));
    const costs = Object.keys(all[0]?.cpu ?? {}).map((who) => {
      const cpu = median(all.map((one) => one.cpu[who] ?? 0));
      const rss = Math.max(...all.map((one) => one.rss[who] ?? 0));
      return `${who} ${cpu.toFixed(2)} s of processor, ${rss.toFixed(0)} MiB`;
    });
    console.log(`${name.padEnd(36)} ${seconds.toFixed(2).padStart(6)} s   ${costs.join("; ")}`);
  }
} finally {
  for (const way of ways.toReversed()) await way.stop();
  rmSync(dir, { recursive: true, force: true });
}
