import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { err, ok, type Result } from "../base/result.ts";
import { type Address, formatAddress } from "../config/address.ts";
import type { Config } from "../config/schema.ts";
import { readListeners } from "../envoy/admin-client.ts";
import { type EnvoyBinary, findEnvoy } from "../envoy/binary.ts";
import { bootstrap, systemRoots } from "../envoy/bootstrap.ts";
import {
  type CertificateFiles,
  developmentCertificate,
} from "../envoy/development-certificate-file.ts";
import type { ServerCertificate } from "../envoy/listener.ts";
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
  /** The Envoy that `checkFront` has found. */
  readonly binary: EnvoyBinary;
  /** Where the processors and the API really listen. */
  readonly processors: readonly Address[];
  readonly api: Address;
  readonly notice: (sentence: string) => void;
  /** Envoy's worker threads; absent: one per core. */
  readonly concurrency?: number;
  /** Off only in the test that shows why it is on. */
  readonly gracefulClose?: boolean;
}

/** Finds out whether Envoy could start, before anything does. The error is one sentence. */
export async function checkFront(
  config: Config,
  { notice }: Pick<FrontOptions, "notice">,
): Promise<Result<EnvoyBinary>> {
  const { listen, tls, forward, connections } = config;
  const unusable = [
    ...[tls, forward.tls].map((pair) => pair && pairFault(pair)),
    ...connections.map(({ upstreamCa }) => upstreamCa && certificateFault(upstreamCa)),
  ].find((fault) => fault !== undefined);
  if (unusable !== undefined) return err(unusable);
  const twice = askedTwice(config);
  if (twice !== undefined) return err(twice);
  for (const { host, port } of [listen.proxy, listen.forward])
    if (!(await isFree(host, port))) return err(inUse(formatAddress({ kind: "tcp", host, port })));
  return findEnvoy({ notice });
}

/** Renders the bootstrap and starts Envoy on it. The error is one sentence. */
export async function openFront(config: Config, options: FrontOptions): Promise<Result<Front>> {
  const { notice, binary } = options;
  const { proxy, forward } = config.listen;
  const dir = join(stateDir(config), "envoy");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { shown, inner } = certificates(config, notice);
  const bootstrapFile = join(dir, "bootstrap.json");
  const listen = { ...config.listen, api: options.api } as Config["listen"];
  const fleet = { processors: [...options.processors], ...config.fleet };
  const rendered = bootstrap(
    { ...config, listen, fleet },
    {
      admin: { host: "127.0.0.1", port: 0 },
      proxy: shown,
      inner,
      roots: systemRoots,
      ...(options.gracefulClose === undefined ? {} : { gracefulClose: options.gracefulClose }),
    },
  );
  writeFileSync(bootstrapFile, JSON.stringify(rendered, null, 2), { mode: 0o600 });
  const { concurrency } = options;
  const envoy = await startEnvoy({
    binary: binary.path,
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
export function inUse(address: string): string {
  return `${address} is in use by another process: stop it, or choose another port under "listen".`;
}

function askedTwice({ listen }: Config): string | undefined {
  const { proxy, forward, api, metrics, extproc } = listen;
  const addresses = [proxy, forward, api, metrics, ...(extproc.kind === "tcp" ? [extproc] : [])]
    .filter(({ port }) => port !== 0)
    .map(({ host, port }) => formatAddress({ kind: "tcp", host, port }));
  const twice = addresses.find((address, index) => addresses.indexOf(address) !== index);
  return (
    twice && `${twice} is asked for twice under "listen": choose another port for one of them.`
  );
}

/** What clients are shown: the configured certificate in front, the internal authority's inside a CONNECT. */
function certificates(
  config: Config,
  notice: (sentence: string) => void,
): { readonly shown: CertificateFiles; readonly inner: ServerCertificate } {
  const { listen, connections, tls, forward } = config;
  const hosts = connections.flatMap((connection) => connection.hosts);
  const local = tls === undefined ? ["localhost", "127.0.0.1", "::1", listen.proxy.host] : [];
  const dir = join(stateDir(config), "tls");
  const development = developmentCertificate(dir, [...new Set([...local, ...hosts])]);
  const inner = forward.tls ?? development;
  if (tls !== undefined) return { shown: { ...tls, authority: tls.certificate }, inner };
  notice(
    "No tls certificate is configured: serving a self-signed development certificate. Not for production.",
  );
  return { shown: development, inner };
}

function isFree(host: string, port: number): Promise<boolean> {
  if (port === 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, host.replace(/^\[|\]$/g, ""), () => probe.close(() => resolve(true)));
  });
}

/** Why that certificate and key cannot be shown to clients, if they cannot. */
function pairFault({ certificate, key }: NonNullable<Config["tls"]>): string | undefined {
  const fault = certificateFault(certificate);
  if (fault !== undefined) return fault;
  try {
    const leaf = new X509Certificate(readFileSync(certificate));
    return leaf.checkPrivateKey(createPrivateKey(readFileSync(key)))
      ? undefined
      : `The key ${key} does not belong to the certificate ${certificate}.`;
  } catch {
    return `The key ${key} cannot be read: it must be an unencrypted private key in PEM.`;
  }
}

function certificateFault(file: string): string | undefined {
  try {
    new X509Certificate(readFileSync(file));
    return undefined;
  } catch {
    return `The certificate ${file} cannot be read: it must be a certificate in PEM.`;
  }
}
