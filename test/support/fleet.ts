import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { ask } from "../../src/demo/ask.ts";
import { type DemoIssuer, startDemoIssuer } from "../../src/demo/issuer.ts";
import { type DemoUpstream, startDemoUpstream } from "../../src/demo/upstream.ts";
import { readListeners, readStats } from "../../src/envoy/admin-client.ts";
import { makeAuthority, writeLeaf } from "../../src/envoy/authority-file.ts";
import { findEnvoy } from "../../src/envoy/binary.ts";
import { type EnvoyProcess, startEnvoy } from "../../src/envoy/process.ts";
import { run } from "./clients.ts";
import { temporaryFolder } from "./folder.ts";
import { freePort } from "./ports.ts";
import { startRedis, type TestRedis } from "./redis.ts";
import { transport } from "./stack-config.ts";

const root = join(import.meta.dirname, "..", "..");
const main = join(root, "src", "main.ts");

/** One gateway process of a fleet, `sallyport serve`, which can be stopped and started again. */
export class Replica {
  readonly name: string;
  readonly config: string;
  readonly auditDir: string;
  #child: ChildProcess | undefined;
  #output = "";

  constructor(name: string, config: string, auditDir: string) {
    this.name = name;
    this.config = config;
    this.auditDir = auditDir;
  }

  /** All that it wrote, in all its lives. */
  get output(): string {
    return this.#output;
  }

  async start(): Promise<void> {
    const args = [main, "serve", "--config", this.config, "--notice", "6", "--drain", "30"];
    const env = { PATH: process.env["PATH"] ?? "", HOME: "/" };
    const child = spawn(process.execPath, args, {
      cwd: root,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    const from = this.#output.length;
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => {
          this.#output += text;
          if (this.#output.slice(from).includes('"msg":"serving"')) resolve();
        });
      child.once("close", () => reject(new Error(`it ended: ${this.#output.slice(from)}`)));
    });
  }

  /** SIGTERM; resolves with the exit code once it is gone. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    const closed = once(child, "close");
    child.kill(signal);
    const [code] = (await closed) as [number | null];
    return code;
  }
}

/** Two gateways behind one Envoy, with one Redis, over mutual TLS. */
export interface Fleet {
  readonly proxy: string;
  readonly ca: string;
  readonly issuer: DemoIssuer;
  readonly upstream: DemoUpstream;
  readonly redis: TestRedis;
  readonly replicas: readonly [Replica, Replica];
  readonly envoy: EnvoyProcess;
  /** The API of either. */
  readonly apis: readonly [string, string];
  /** How many processors Envoy takes for well. */
  healthy(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts all of it on free ports, and waits until Envoy takes both for well. */
export async function startFleet(policy: string): Promise<Fleet> {
  const folder = await temporaryFolder();
  const [issuer, upstream, redis] = await Promise.all([
    startDemoIssuer(),
    startDemoUpstream({ credential: "fleet-credential" }),
    startRedis(),
  ]);
  const tls = join(folder.path, "tls");
  const authority = makeAuthority(tls, "Fleet CA");
  const shown = { proxy: ["127.0.0.1", "localhost"], processor: ["sallyport"] };
  for (const [name, hosts] of Object.entries(shown))
    writeLeaf(tls, name, authority.issue(hosts), authority);
  writeLeaf(tls, "envoy", authority.issue(["envoy"], 30, "client"), authority);
  writeFileSync(join(folder.path, "policy.yaml"), policy);
  writeFileSync(join(folder.path, "credential"), "fleet-credential", { mode: 0o600 });
  const ports = await Promise.all([1, 2, 3, 4].map(() => freePort()));
  const at = (index: number): string => `127.0.0.1:${ports[index]}`;
  const replica = (name: string, index: number): Replica => {
    const own = join(folder.path, name);
    mkdirSync(own);
    const config = join(folder.path, `${name}.yaml`);
    const written = configFor({
      own,
      issuer: issuer.url,
      upstream: upstream.url,
      redis: redis.url,
    });
    const listen = {
      ...written.listen,
      ...transport,
      extproc: at(index),
      api: at(index + 2),
    };
    const fleet = { processors: [at(0), at(1)], apis: [at(2), at(3)], tls: tlsFiles };
    writeFileSync(config, stringify({ ...written, listen, fleet }));
    return new Replica(name, config, join(own, "audit"));
  };
  const replicas = [replica("one", 0), replica("two", 1)] as const;
  await Promise.all(replicas.map((one) => one.start()));
  const envoy = await frontOf(replicas[0].config, folder.path);
  const listeners = await readListeners(envoy.admin);
  const healthy = async (): Promise<number> => {
    const stats = await readStats(envoy.admin, "^cluster.sallyport_processor.membership_healthy$");
    return [...stats.values()][0] ?? 0;
  };
  const fleet: Fleet = {
    proxy: `https://${listeners.get("proxy")}`,
    ca: join(tls, "ca.pem"),
    issuer,
    upstream,
    redis,
    replicas,
    envoy,
    apis: [`http://${at(2)}`, `http://${at(3)}`],
    healthy,
    stop: async () => {
      await Promise.all(replicas.map((one) => one.end("SIGKILL")));
      await envoy.stop();
      await Promise.all([issuer.close(), upstream.close(), redis.stop()]);
      await folder.remove();
    },
  };
  const late = AbortSignal.timeout(60_000);
  while ((await healthy()) < 2) {
    if (late.aborted) {
      await fleet.stop();
      throw new Error("Envoy does not take both processors for well");
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return fleet;
}

const tlsFiles = {
  authority: "file:./tls/ca.pem",
  processor: { certificate: "file:./tls/processor.pem", key: "file:./tls/processor.key" },
  envoy: { certificate: "file:./tls/envoy.pem", key: "file:./tls/envoy.key" },
};

function configFor(parts: {
  readonly own: string;
  readonly issuer: string;
  readonly upstream: string;
  readonly redis: string;
}) {
  const { own, issuer, upstream, redis } = parts;
  const free = "127.0.0.1:0";
  const api = { name: "github-api", kind: "github-api", hosts: ["api.github.com"] };
  return {
    listen: { proxy: free, forward: free, metrics: free },
    tls: { certificate: "file:./tls/proxy.pem", key: "file:./tls/proxy.key" },
    state: { kind: "redis", url: redis },
    keys: "./keys",
    identity: {
      issuers: [
        { name: "ci", issuer, audience: "sallyport" },
        {
          name: "people",
          issuer: `${issuer}/people`,
          audience: "sallyport-approvals",
          groups: "groups",
          jwks: `${issuer}/jwks`,
        },
      ],
    },
    credentials: [{ name: "api", source: { file: "./credential" }, scheme: "token" }],
    connections: [{ ...api, upstream, credential: "api" }],
    policy: "./policy.yaml",
    audit: { dir: join(own, "audit") },
    recording: { dir: join(own, "recordings") },
  };
}

/** An Envoy on what the command renders for that config. */
async function frontOf(config: string, folder: string): Promise<EnvoyProcess> {
  const args = [main, "envoy-config", "--config", config, "--access-log", "none"];
  const rendered = await run(process.execPath, args, { cwd: root });
  if (rendered.code !== 0) throw new Error(rendered.stderr);
  const bootstrapFile = join(folder, "envoy.yaml");
  writeFileSync(bootstrapFile, rendered.stdout.replace("port_value: 9901", "port_value: 0"));
  const binary = await findEnvoy();
  if (!binary.ok) throw new Error(binary.error);
  const dir = join(folder, "envoy");
  const envoy = await startEnvoy({ binary: binary.value.path, bootstrapFile, dir, concurrency: 1 });
  if (!envoy.ok) throw new Error(envoy.error);
  return envoy.value;
}

/** A call of that API by a person. */
export async function asPerson(
  { issuer }: Pick<Fleet, "issuer">,
  url: string,
  body?: object,
): Promise<{ readonly status: number; readonly json: Record<string, unknown> }> {
  const iss = `${issuer.url}/people`;
  const claims = {
    iss,
    aud: "sallyport-approvals",
    sub: "alice",
    actor: "alice",
    actor_id: "alice",
  };
  const authorization = `Bearer ${await issuer.token({ ...claims, groups: ["maintainers"] })}`;
  const headers = { authorization, "content-type": "application/json" };
  const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const { status, text } = await ask(url, { headers, ...sent });
  return { status, json: JSON.parse(text) as Record<string, unknown> };
}

/** PEM text of the fleet's authority. */
export function caOf({ ca }: Pick<Fleet, "ca">): string {
  return readFileSync(ca, "utf8");
}
