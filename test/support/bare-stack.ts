import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addressOf } from "../../src/assembly/address.ts";
import { systemClock } from "../../src/base/clock.ts";
import { ok } from "../../src/base/result.ts";
import { Secret } from "../../src/base/secret.ts";
import { defaultConfig } from "../../src/config/config.ts";
import type { Config } from "../../src/config/schema.ts";
import type { BoundAction } from "../../src/core/decision.ts";
import type { SessionId } from "../../src/core/ids.ts";
import { mountsOf } from "../../src/core/mount.ts";
import { edit, type Outcome } from "../../src/core/outcome.ts";
import type { Completion, Intent } from "../../src/core/record.ts";
import { type DemoUpstream, startDemoUpstream } from "../../src/demo/upstream.ts";
import { readListeners } from "../../src/envoy/admin-client.ts";
import { findEnvoy } from "../../src/envoy/binary.ts";
import { bootstrap, systemRoots } from "../../src/envoy/bootstrap.ts";
import { developmentCertificate } from "../../src/envoy/development-certificate-file.ts";
import { type EnvoyProcess, startEnvoy } from "../../src/envoy/process.ts";
import { serveGrpc } from "../../src/extproc/grpc/server.ts";
import { serveHttp2 } from "../../src/extproc/http2/server.ts";
import { processor } from "../../src/extproc/processor.ts";
import type { OpenStream, TransportServer } from "../../src/extproc/transport.ts";
import { converse } from "../../src/gateway/converse.ts";
import type { Parts } from "../../src/gateway/parts.ts";
import { Room } from "../../src/gateway/room.ts";
import { protocols } from "../../src/protocols/index.ts";
import { fileSpools } from "../../src/spool/file.ts";
import { aPrincipal } from "./facts.ts";
import { temporaryFolder } from "./folder.ts";
import { oneRule } from "./one-rule.ts";

export interface BareOptions {
  /** What the one rule orders. Absent: the stored credential is put in. */
  readonly enforce?: BoundAction["enforce"];
  readonly parts?: Partial<Parts>;
  /** Changes how streams from Envoy are served. */
  readonly wrap?: (open: OpenStream) => OpenStream;
  readonly gracefulClose?: boolean;
  readonly raiseResetBudget?: boolean;
  /** Where Envoy tells each request in one line; absent: nowhere. */
  readonly accessLog?: string;
  /** Absent: a Unix socket. */
  readonly extproc?: string;
}

/** A real Envoy before a real processor with one rule of the test's own, all in this process but Envoy. */
export interface BareStack {
  readonly proxy: string;
  readonly forward: string;
  readonly ca: string;
  readonly upstream: DemoUpstream;
  readonly envoy: EnvoyProcess;
  readonly server: TransportServer;
  readonly intents: readonly Intent[];
  readonly completions: readonly Completion[];
  readonly faults: readonly unknown[];
  stop(): Promise<void>;
}

export const storedCredential = "Bearer stored-credential-of-the-test";

export async function startBareStack(options: BareOptions = {}): Promise<BareStack> {
  const folder = await temporaryFolder();
  const upstream = await startDemoUpstream();
  const intents: Intent[] = [];
  const completions: Completion[] = [];
  const faults: unknown[] = [];
  const config = configFor(folder.path, upstream.url);
  const action: BoundAction = {
    name: "test",
    stage: "wait",
    enforce:
      options.enforce ?? ((): Outcome => edit({ authorization: new Secret(storedCredential) })),
  };
  const parts: Parts = {
    ...partsFor(config, action, join(folder.path, "spool")),
    audit: {
      intent: async (intent) => void intents.push(intent),
      complete: (completion) => void completions.push(completion),
    },
    fault: (_where, error) => void faults.push(error),
    ...options.parts,
  };
  const open = processor(
    (port, first) => converse(parts, port, first),
    (error) => parts.fault("extproc", error),
  );
  const { raiseResetBudget = true } = options;
  const address = options.extproc ?? `unix:${join(folder.path, "extproc.sock")}`;
  const served = options.wrap?.(open) ?? open;
  const server =
    process.env["SALLYPORT_TRANSPORT"] === "http2" && raiseResetBudget
      ? await serveHttp2(address, served)
      : await serveGrpc(address, served, { raiseResetBudget });
  const files = developmentCertificate(join(folder.path, "tls"), [
    "localhost",
    "127.0.0.1",
    ...config.connections.flatMap(({ hosts }) => hosts),
  ]);
  const dir = join(folder.path, "envoy");
  mkdirSync(dir);
  const bootstrapFile = join(dir, "bootstrap.json");
  const listen = { ...config.listen, extproc: addressOf(server.address) } as Config["listen"];
  const { gracefulClose = true } = options;
  const rendered = bootstrap(
    { ...config, listen },
    {
      admin: { host: "127.0.0.1", port: 0 },
      proxy: files,
      inner: files,
      roots: systemRoots,
      gracefulClose,
      ...(options.accessLog === undefined ? {} : { accessLog: options.accessLog }),
    },
  );
  writeFileSync(bootstrapFile, JSON.stringify(rendered));
  const binary = await findEnvoy();
  if (!binary.ok) throw new Error(binary.error);
  const envoy = await startEnvoy({ binary: binary.value.path, bootstrapFile, dir, concurrency: 2 });
  if (!envoy.ok) throw new Error(envoy.error);
  const listeners = await readListeners(envoy.value.admin);
  return {
    proxy: `https://${listeners.get("proxy")}`,
    forward: `http://${listeners.get("forward")}`,
    ca: files.authority,
    upstream,
    envoy: envoy.value,
    server,
    intents,
    completions,
    faults,
    stop: async () => {
      await envoy.value.stop();
      await server.drain({ deadline: 0 });
      await upstream.close();
      await folder.remove();
    },
  };
}

/** Resident memory of a process, in MiB. */
export function residentMiB(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}

function configFor(dir: string, upstream: string): Config {
  const defaults = defaultConfig(dir);
  const free = { kind: "tcp" as const, host: "127.0.0.1", port: 0 };
  return {
    ...defaults,
    listen: { ...defaults.listen, proxy: free, forward: free },
    connections: defaults.connections.map((connection) => ({
      ...connection,
      upstream: new URL(upstream),
    })),
  };
}

function partsFor(
  config: Config,
  action: BoundAction,
  spool: string,
): Omit<Parts, "audit" | "fault"> {
  const principal = aPrincipal();
  const session = "ses_test" as SessionId;
  const token = new Secret("token-of-the-runner");
  return {
    clock: systemClock,
    mounts: mountsOf(config.connections),
    protocols,
    authenticator: {
      authenticate: async () => ok({ principal, session, token, expiresAt: 0 }),
      onRevoked: () => () => undefined,
    },
    policy: () => oneRule(action),
    recorder: { open: () => ok(undefined) },
    openSpool: fileSpools(spool, 1_048_576),
    credentialMasker: () => ({
      open: () => ({ write: (chunk) => chunk, flush: () => new Uint8Array(0) }),
    }),
    forwardIdentity: "either",
    room: new Room(Number.POSITIVE_INFINITY, () => false),
    limits: {
      body: 32 * 1_048_576,
      drain: { bytes: 256 * 1_048_576, within: 60_000 },
      drainStranger: { bytes: 1_048_576, within: 10_000 },
    },
  };
}
