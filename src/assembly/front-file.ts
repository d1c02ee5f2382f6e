import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { err, ok, type Result } from "../base/result.ts";
import { type Address, formatAddress } from "../config/address.ts";
import type { Config } from "../config/schema.ts";
import { readListeners } from "../envoy/admin-client.ts";
import { findEnvoy } from "../envoy/binary.ts";
import { bootstrap, systemRoots } from "../envoy/bootstrap.ts";
import {
  type CertificateFiles,
  developmentCertificate,
} from "../envoy/development-certificate-file.ts";
import { type EnvoyProcess, startEnvoy } from "../envoy/process.ts";
import { stateDir } from "./state.ts";

/** Envoy, in front of a processor that already listens. */
export interface Front {
  readonly envoy: EnvoyProcess;
  readonly proxyUrl: string;
  readonly forwardUrl: string;
  /** PEM file that clients have to trust. */
  readonly authority: string;
}

export interface FrontOptions {
  /** Where the processor and the API really listen. */
  readonly extproc: Address;
  readonly api: Address;
  readonly notice: (sentence: string) => void;
  /** Envoy's worker threads; absent: one per core. */
  readonly concurrency?: number;
  /** Off only in the test that shows why it is on. */
  readonly gracefulClose?: boolean;
}

/** Renders the bootstrap and starts Envoy on it. The error is one sentence. */
export async function openFront(config: Config, options: FrontOptions): Promise<Result<Front>> {
  const { notice } = options;
  const binary = await findEnvoy({ notice });
  if (!binary.ok) return binary;
  const { proxy, forward } = config.listen;
  for (const { host, port } of [proxy, forward])
    if (!(await isFree(host, port))) return err(inUse(host, port));
  const dir = join(stateDir(config), "envoy");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { shown, development } = certificates(config, notice);
  const bootstrapFile = join(dir, "bootstrap.json");
  const listen = { ...config.listen, extproc: options.extproc, api: options.api };
  const rendered = bootstrap(
    { ...config, listen: listen as Config["listen"] },
    {
      admin: { host: "127.0.0.1", port: 0 },
      proxy: shown,
      inner: development,
      roots: systemRoots,
      ...(options.gracefulClose === undefined ? {} : { gracefulClose: options.gracefulClose }),
    },
  );
  writeFileSync(bootstrapFile, JSON.stringify(rendered, null, 2), { mode: 0o600 });
  const { concurrency } = options;
  const envoy = await startEnvoy({
    binary: binary.value.path,
    bootstrapFile,
    dir,
    ...(concurrency === undefined ? {} : { concurrency }),
  });
  if (!envoy.ok) return envoy;
  const listeners = await readListeners(envoy.value.admin);
  return ok({
    envoy: envoy.value,
    proxyUrl: `https://${listeners.get("proxy") ?? formatAddress(proxy)}`,
    forwardUrl: `http://${listeners.get("forward") ?? formatAddress(forward)}`,
    authority: shown.authority,
  });
}

/** The one sentence for an address that somebody else has. */
export function inUse(host: string, port: number): string {
  return `${host}:${port} is in use by another process: stop it, or choose another port under "listen".`;
}

/** What clients are shown: the configured certificate in front, the internal authority's inside a CONNECT. */
function certificates(
  config: Config,
  notice: (sentence: string) => void,
): { readonly shown: CertificateFiles; readonly development: CertificateFiles } {
  const { listen, connections, tls } = config;
  const hosts = connections.flatMap((connection) => connection.hosts);
  const local = tls === undefined ? ["localhost", "127.0.0.1", "::1", listen.proxy.host] : [];
  const dir = join(stateDir(config), "tls");
  const development = developmentCertificate(dir, [...new Set([...local, ...hosts])]);
  if (tls !== undefined) return { shown: { ...tls, authority: tls.certificate }, development };
  notice(
    "No tls certificate is configured: serving a self-signed development certificate. Not for production.",
  );
  return { shown: development, development };
}

function isFree(host: string, port: number): Promise<boolean> {
  if (port === 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, host.replace(/^\[|\]$/g, ""), () => probe.close(() => resolve(true)));
  });
}
