import { err, ok, type Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import { unreachable } from "../base/unreachable.ts";
import type { Connection, ConnectionKind } from "../core/target.ts";
import type { CopilotTokenConfig, CredentialConfig, SourceConfig } from "./config.ts";
import { copilotTokenSource } from "./copilot-token.ts";
import { envSource } from "./env.ts";
import { fileSource } from "./file.ts";
import { githubAppSource, parsePrivateKey } from "./github-app.ts";
import { HeldValues } from "./held.ts";
import { type CredentialParts, secretAt } from "./reference.ts";
import { authorization, basicPair, defaultUser, type Scheme, schemeFor } from "./scheme.ts";
import { parseSealingKey } from "./seal.ts";
import { sealedFileSource } from "./sealed-file.ts";
import { type CredentialNeed, type CredentialSource, parseStoredValue } from "./source.ts";
import { vaultSource } from "./vault.ts";

/** Every stored credential, each bound to the upstream hosts of the connections that name it, and to those it names. */
export interface Credentials {
  /** The credentials that there are. */
  readonly names: readonly string[];
  /** Those whose source can give less than all that it has. */
  readonly narrowing: readonly string[];
  /**
   * The whole `authorization` value for that destination, or why there is none: an unknown name, a host that the
   * credential is not bound to, a source that fails.
   */
  header(name: string, to: Destination, need?: CredentialNeed): Promise<Result<Secret>>;
  /** Every value now in use or sent in the last fifteen minutes, as it would come back, for exact masking. */
  current(): readonly Secret[];
  close(): void;
}

/** A connection, or its upstream's host as URLs spell it (`host`, or `host:port` where the port is not the usual one). */
export type Destination = string | Pick<Connection, "kind" | "upstream">;

interface Binding {
  readonly kind: ConnectionKind;
  readonly host: string;
  readonly scheme: Scheme;
}

interface Stored {
  readonly source: CredentialSource;
  readonly user: string;
  /** Where it may go: an upstream host that is not here never gets this credential. */
  readonly bindings: readonly Binding[];
}

/** Binds credentials to connections; nothing is read or fetched before it is first needed. */
export function createCredentials(
  configs: readonly CredentialConfig[],
  connections: readonly Connection[],
  parts: CredentialParts,
): Credentials {
  const sources = sourcesOf(configs, parts);
  const stored = new Map(
    configs.map((config) => [config.name, bind(config, connections, sources)]),
  );
  const held = new HeldValues(parts.clock);
  return {
    names: [...stored.keys()],
    narrowing: [...stored]
      .filter(([, { source }]) => source.narrows === true)
      .map(([name]) => name),
    header: async (name, to, need = {}) => {
      const credential = stored.get(name);
      if (credential === undefined) return err(`there is no credential called ${name}`);
      const scheme = credential.bindings.find((binding) => binds(binding, to))?.scheme;
      if (scheme === undefined) return err(`credential ${name} is not bound to this host`);
      if (isLimited(need) && credential.source.narrows !== true)
        return err(`credential ${name} cannot be limited: it is no GitHub App's`);
      const secret = await credential.source.secret(need);
      if (!secret.ok) return err(`credential ${name}: ${secret.error}`);
      held.hold(secret.value);
      if (scheme === "basic") held.hold(basicPair(credential.user, secret.value));
      return ok(authorization(scheme, credential.user, secret.value));
    },
    current: () => held.current(),
    close: () => {
      for (const { source } of stored.values()) source.close();
    },
  };
}

function isLimited({ limits = {} }: CredentialNeed): boolean {
  return limits.permissions !== undefined || limits.repositories !== undefined;
}

function bind(
  config: CredentialConfig,
  connections: readonly Connection[],
  sources: ReadonlyMap<string, CredentialSource>,
): Stored {
  const bindings = connections
    .filter(
      ({ credential, upstream }) =>
        credential === config.name || config.hosts?.includes(upstream.host) === true,
    )
    .map((connection) => ({
      kind: connection.kind,
      host: connection.upstream.host,
      scheme: schemeFor(connection, config.scheme),
    }));
  return {
    source: sources.get(config.name) ?? noSource,
    user: config.user ?? defaultUser,
    bindings,
  };
}

function binds(binding: Binding, to: Destination): boolean {
  if (typeof to === "string") return binding.host === to.toLowerCase();
  return binding.host === to.upstream.host && binding.kind === to.kind;
}

const noSource: CredentialSource = { secret: async () => err("it has no source"), close: () => {} };

/** Those that stand on others come last; one that stands on another of its kind finds nothing there. */
function sourcesOf(
  configs: readonly CredentialConfig[],
  parts: CredentialParts,
): ReadonlyMap<string, CredentialSource> {
  const sources = new Map<string, CredentialSource>();
  for (const { name, source } of configs)
    if (source.kind !== "copilot-token") sources.set(name, sourceOf(name, source, parts));
  const own = new Map(sources);
  for (const { name, source } of configs)
    if (source.kind === "copilot-token")
      sources.set(name, copilotTokenSource(source, own.get(source.credential), parts.clock));
  return sources;
}

function sourceOf(
  name: string,
  config: Exclude<SourceConfig, CopilotTokenConfig>,
  parts: CredentialParts,
): CredentialSource {
  switch (config.kind) {
    case "env":
      return envSource(config.name, parts.env);
    case "file":
      return fileSource(config.path, parts.clock);
    case "sealed": {
      const key = secretAt(config.key, parts, parseSealingKey);
      return sealedFileSource(name, config.path, key, parts.clock);
    }
    case "vault":
      return vaultSource(config, secretAt(config.token, parts, parseStoredValue), parts.clock);
    case "github-app":
      return githubAppSource(config, secretAt(config.key, parts, parsePrivateKey), parts.clock);
    default:
      return unreachable(config);
  }
}
