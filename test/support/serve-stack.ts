import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { loadConfig } from "../../src/config/file.ts";
import { type Answer, ask } from "../../src/demo/ask.ts";
import { type DemoIssuer, startDemoIssuer } from "../../src/demo/issuer.ts";
import { type DemoUpstream, startDemoUpstream } from "../../src/demo/upstream.ts";
import { readListeners } from "../../src/envoy/admin-client.ts";
import { findEnvoy } from "../../src/envoy/binary.ts";
import { bootstrap, systemRoots } from "../../src/envoy/bootstrap.ts";
import { developmentCertificate } from "../../src/envoy/development-certificate-file.ts";
import { startEnvoy } from "../../src/envoy/process.ts";
import type { Access } from "./clients.ts";
import { type Folder, temporaryFolder } from "./folder.ts";
import { freePort } from "./ports.ts";
import { configFor, type Mapping, overlay, personToken } from "./stack-config.ts";

/** `sallyport serve` behind an Envoy that outlives it: what a production host looks like when the processor dies. */
export interface ServeStack {
  readonly folder: Folder;
  readonly proxy: string;
  readonly api: string;
  readonly ca: string;
  readonly issuer: DemoIssuer;
  readonly upstream: DemoUpstream;
  /** Process id of the processor that runs now. */
  readonly pid: number;
  /** Process id of Envoy. */
  readonly envoy: number;
  /** What every processor so far has said on standard error. */
  stderr(): string;
  access(claims?: Mapping): Promise<Access>;
  person(
    login: string,
    groups?: readonly string[],
  ): (path: string, body?: object) => Promise<Answer>;
  /** Writes a line to the processor's standard input. */
  tell(line: string): void;
  /** SIGKILL to the processor; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM to the processor; resolves with its exit code. */
  end(): Promise<number | null>;
  /** Starts the processor again; resolves when Envoy passes requests to it. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, "..", "..");

export interface ServeStackOptions {
  readonly policy: string;
  readonly config?: Mapping;
  readonly env?: Readonly<Record<string, string>>;
  /** More arguments of `serve`, or of `program`. */
  readonly args?: readonly string[];
  /** Another program, which is given the processor's socket and says `"msg":"serving"` as Sallyport does. */
  readonly program?: string;
}

export async function startServeStack(options: ServeStackOptions): Promise<ServeStack> {
  const folder = await temporaryFolder();
  const [issuer, upstream, apiPort, proxyPort] = await Promise.all([
    startDemoIssuer(),
    startDemoUpstream({ credential: "credential-of-the-test" }),
    freePort(),
    freePort(),
  ]);
  const configFile = join(folder.path, "sallyport.yaml");
  const { audit: _, ...defaults } = configFor(issuer.url, upstream.url, "");
  const fixed = {
    listen: {
      api: `127.0.0.1:${apiPort}`,
      proxy: `127.0.0.1:${proxyPort}`,
      extproc: `unix:${join(folder.path, "x.sock")}`,
    },
    approvals: { console: `https://127.0.0.1:${proxyPort}/` },
  };
  writeFileSync(join(folder.path, "credential"), "credential-of-the-test", { mode: 0o600 });
  writeFileSync(join(folder.path, "policy.yaml"), options.policy);
  writeFileSync(configFile, stringify(overlay(overlay(defaults, fixed), options.config ?? {})));
  const front = await openFront(configFile, folder.path);
  const { program, args: more = [] } = options;
  const args =
    program === undefined
      ? [join(root, "src", "main.ts"), "serve", "--config", configFile, "--drain", "1", ...more]
      : [program, join(folder.path, "x.sock"), ...more];
  const processor = new Processor(args, folder.path, options.env ?? {});
  const authority = readFileSync(front.ca, "utf8");
  const start = async (): Promise<void> => {
    await processor.start();
    // Envoy finds out by its health checks; until then it answers 503 by itself.
    const answers = () => ask(`${front.proxy}/api/v3/user`, { ca: authority });
    while ((await answers()).status === 503) await new Promise((done) => setTimeout(done, 50));
  };
  await start();
  const api = `http://127.0.0.1:${apiPort}`;
  const ca = front.ca;
  return {
    folder,
    proxy: front.proxy,
    api,
    ca,
    issuer,
    upstream,
    get pid() {
      return processor.pid;
    },
    envoy: front.pid,
    stderr: () => processor.stderr,
    access: async (claims) => ({ proxy: front.proxy, ca, token: await issuer.token(claims) }),
    person: (login, groups = []) => {
      const token = fresh(() => personToken(issuer, login, groups));
      return async (path, body) => {
        const authorization = `Bearer ${await token()}`;
        const headers = { authorization, "content-type": "application/json" };
        const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
        return ask(api + path, { headers, ...sent });
      };
    },
    tell: (line) => processor.tell(line),
    kill: async () => {
      await processor.end("SIGKILL");
    },
    end: () => processor.end("SIGTERM"),
    start,
    stop: async () => {
      await processor.end("SIGKILL");
      await front.stop();
      await Promise.all([issuer.close(), upstream.close()]);
      await folder.remove();
    },
  };
}

/** The same token for half a minute: whoever asks often is not to spend the time of the machine on signatures. */
function fresh(mint: () => Promise<string>): () => Promise<string> {
  let token: Promise<string> | undefined;
  let until = 0;
  return () => {
    if (token !== undefined && Date.now() < until) return token;
    until = Date.now() + 30_000;
    token = mint();
    return token;
  };
}

async function openFront(configFile: string, folder: string) {
  const loaded = loadConfig(configFile);
  if (!loaded.ok) throw new Error(loaded.error.map(({ message }) => message).join("; "));
  const config = loaded.value;
  const hosts = config.connections.flatMap((connection) => connection.hosts);
  const names = ["localhost", "127.0.0.1", ...hosts];
  const files = developmentCertificate(join(folder, "front-tls"), names);
  const dir = join(folder, "front");
  mkdirSync(dir);
  const bootstrapFile = join(dir, "bootstrap.json");
  const admin = { host: "127.0.0.1", port: 0 };
  const rendered = bootstrap(config, { admin, proxy: files, inner: files, roots: systemRoots });
  writeFileSync(bootstrapFile, JSON.stringify(rendered));
  const binary = await findEnvoy();
  if (!binary.ok) throw new Error(binary.error);
  const envoy = await startEnvoy({ binary: binary.value.path, bootstrapFile, dir, concurrency: 1 });
  if (!envoy.ok) throw new Error(envoy.error);
  const listeners = await readListeners(envoy.value.admin);
  return {
    proxy: `https://${listeners.get("proxy")}`,
    ca: files.authority,
    pid: envoy.value.pid,
    stop: () => envoy.value.stop(0),
  };
}

class Processor {
  readonly #args: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  stderr = "";

  constructor(args: readonly string[], folder: string, env: Readonly<Record<string, string>>) {
    this.#args = args;
    this.#env = {
      PATH: process.env["PATH"] ?? "",
      SALLYPORT_LOG: "info",
      // It is started again and again.
      NODE_COMPILE_CACHE: join(folder, "compiled"),
      ...env,
    };
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, this.#args, {
      cwd: root,
      env: this.#env,
      stdio: ["pipe", "ignore", "pipe"],
    });
    this.#child = child;
    let said = "";
    await new Promise<void>((resolve, reject) => {
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        this.stderr += text;
        said += text;
        if (said.includes('"msg":"serving"')) resolve();
      });
      child.once("exit", () => reject(new Error(`the processor ended: ${said}`)));
    });
  }

  tell(line: string): void {
    this.#child?.stdin?.write(`${line}\n`);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null;
    const gone = once(child, "exit");
    child.kill(signal);
    const [code] = (await gone) as [number | null];
    return code;
  }
}
