import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Answer, ask, type Question } from "../../src/demo/ask.ts";
import { type DemoIssuer, startDemoIssuer } from "../../src/demo/issuer.ts";
import { type DemoUpstream, startDemoUpstream } from "../../src/demo/upstream.ts";
import type { Access } from "./clients.ts";
import { type Folder, temporaryFolder } from "./folder.ts";
import { type OtlpReceiver, startOtlpReceiver } from "./otlp-receiver.ts";
import { configFor, overlay, personToken } from "./stack-config.ts";

/** Everything the gateway was asked to be, for one test file. */
export interface StackOptions {
  /** The text of the policy file. */
  readonly policy: string;
  /** Laid over the default config, object by object; lists are replaced. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** More of the environment, which otherwise holds PATH alone. */
  readonly env?: Readonly<Record<string, string>>;
  /** By which names the Copilot connection is known; absent: `api.githubcopilot.com`. */
  readonly copilotHosts?: readonly string[];
  /** Which program to run instead of `src/main.ts`, for test builds of the gateway. */
  readonly main?: string;
}

/** The whole gateway: real Envoy and real Sallyport in processes of their own, real git and HTTP upstream. */
export interface Stack {
  readonly folder: Folder;
  /** `https://127.0.0.1:PORT` of Envoy's reverse proxy, and the API; no slash at the end. */
  readonly proxy: string;
  readonly api: string;
  /** `http://127.0.0.1:PORT` of the forward proxy. */
  readonly forward: string;
  /** The metrics listener, without a slash at the end. */
  readonly metrics: string;
  /** PEM file of the proxy's certificate authority. */
  readonly ca: string;
  readonly issuer: DemoIssuer;
  readonly upstream: DemoUpstream;
  readonly collector: OtlpReceiver;
  /** The credential that only the gateway and the upstream know. */
  readonly credential: string;
  /** The policy file, to be rewritten. */
  readonly policyFile: string;
  readonly process: ChildProcess;
  /** All that Sallyport wrote so far. */
  stdout(): string;
  stderr(): string;
  /** What clients need, with a token of the demo CI job (claims as in `DemoIssuer.token`). */
  access(claims?: Readonly<Record<string, unknown>>): Promise<Access>;
  /** A request through the proxy over HTTP/1.1 as the demo CI job. */
  ask(path: string, question?: Question): Promise<Answer>;
  /** A call of the API by `login`, a person of these groups. */
  person(
    login: string,
    groups?: readonly string[],
  ): (path: string, body?: object) => Promise<Answer>;
  /** Process ids of Envoy, as children of Sallyport. */
  envoyPids(): readonly number[];
  /** SIGTERM, and the exit code. */
  terminate(): Promise<number | null>;
  /** Ends and removes everything, whatever state it is in. */
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, "..", "..");

/** Starts the gateway on free ports, in front of the demo parts. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const folder = await temporaryFolder();
  const credential = `upstream-credential-${crypto.randomUUID()}`;
  const [issuer, upstream, collector] = await Promise.all([
    startDemoIssuer(),
    startDemoUpstream({ credential }),
    startOtlpReceiver(),
  ]);
  const policyFile = join(folder.path, "policy.yaml");
  const configFile = join(folder.path, "sallyport.yaml");
  const defaults = configFor(issuer.url, upstream.url, collector.url, options.copilotHosts);
  await writeFile(join(folder.path, "credential"), credential, { mode: 0o600 });
  await writeFile(policyFile, options.policy);
  await writeFile(configFile, stringify(overlay(defaults, options.config ?? {})));
  const gateway = new Gateway(
    options.main ?? join(root, "src", "main.ts"),
    configFile,
    options.env ?? {},
  );
  const stop = async (): Promise<void> => {
    await gateway.kill();
    await Promise.all([issuer.close(), upstream.close(), collector.close()]);
    await folder.remove();
  };
  const ready = await gateway.ready().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const ca = readFileSync(ready.ca, "utf8");
  return {
    folder,
    ...ready,
    issuer,
    upstream,
    collector,
    credential,
    policyFile,
    process: gateway.child,
    stdout: () => gateway.stdout,
    stderr: () => gateway.stderr,
    access: async (claims) => ({ ...ready, token: await issuer.token(claims) }),
    ask: async (path, question = {}) => {
      const authorization = `Bearer ${await issuer.token()}`;
      const headers = { authorization, ...question.headers };
      return ask(ready.proxy + path, { ...question, headers, ca });
    },
    person:
      (login, groups = []) =>
      async (path, body) => {
        const authorization = `Bearer ${await personToken(issuer, login, groups)}`;
        const headers = { authorization, "content-type": "application/json" };
        const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
        return ask(ready.api + path, { headers, ...sent });
      },
    envoyPids: () => gateway.children(),
    terminate: () => gateway.terminate(),
    stop,
  };
}

interface Ready {
  readonly proxy: string;
  readonly forward: string;
  readonly metrics: string;
  readonly api: string;
  readonly ca: string;
}

/** `start --no-tour` in a process of its own. */
class Gateway {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  #changed: () => void = () => undefined;
  /** Remembered, because a Sallyport that was killed leaves them behind. */
  #envoys: readonly number[] = [];

  constructor(main: string, config: string, env: Readonly<Record<string, string>>) {
    const args = [main, "start", "--config", config, "--no-tour"];
    const environment = {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "/",
      ...env,
    };
    const stdio = ["ignore", "pipe", "pipe"] as const;
    const child = spawn(process.execPath, args, { cwd: root, env: environment, stdio: [...stdio] });
    this.child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.#changed();
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    child.once("close", () => this.#changed());
  }

  async ready(): Promise<Ready> {
    for (;;) {
      const line = /^sallyport-ready (\{.*\})$/m.exec(this.stdout)?.[1];
      if (line !== undefined) {
        this.#envoys = this.children();
        return JSON.parse(line) as Ready;
      }
      if (this.#ended) throw new Error(`Sallyport did not start: ${this.stdout}${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** Linux: the processes that Sallyport has started and that still run. */
  children(): readonly number[] {
    const { pid } = this.child;
    const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return listed.split(" ").filter(Boolean).map(Number);
  }

  async terminate(): Promise<number | null> {
    if (this.#ended) return this.child.exitCode;
    const ended = once(this.child, "close");
    this.child.kill("SIGTERM");
    const [code] = (await ended) as [number | null];
    return code;
  }

  async kill(): Promise<void> {
    const envoys = this.#ended ? this.#envoys : [...this.#envoys, ...this.children()];
    if (!this.#ended) {
      const ended = once(this.child, "close");
      this.child.kill("SIGKILL");
      for (const pid of envoys) killEnvoy(pid);
      await ended;
    }
    for (const pid of envoys) killEnvoy(pid);
  }

  get #ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

/** Kills that process if it still is an Envoy: its number may have been given to another. */
function killEnvoy(pid: number): void {
  try {
    if (/envoy/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"))) process.kill(pid, "SIGKILL");
  } catch {
    // It was quicker.
  }
}
