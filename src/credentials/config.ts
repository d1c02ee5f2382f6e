import type { Permissions } from "./app-scope.ts";
import type { Scheme } from "./scheme.ts";

/** Where a secret is kept: an environment variable by name, or a file by absolute path. */
export type SecretReference =
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "file"; readonly path: string };

/** A field in the KV store (version 2) of HashiCorp Vault or OpenBao. */
export interface VaultConfig {
  readonly kind: "vault";
  readonly address: URL;
  /** As the HTTP API spells it, without `/v1/`: `secret/data/copilot`. */
  readonly path: string;
  readonly field: string;
  readonly token: SecretReference;
  readonly namespace?: string | undefined;
  /** The PEM file of the certificate authority to trust, in place of the public ones. */
  readonly ca?: string | undefined;
}

/** An installation of a GitHub App, whose tokens are minted as they are needed. */
export interface GithubAppConfig {
  readonly kind: "github-app";
  readonly appId: string;
  readonly key: SecretReference;
  readonly installation: string;
  readonly permissions?: Permissions | undefined;
  readonly repositories?: readonly string[] | undefined;
  readonly api: URL;
  readonly apiCa?: string | undefined;
}

/** Copilot's own inference token, fetched with another credential and sent in its place. */
export interface CopilotTokenConfig {
  readonly kind: "copilot-token";
  /** The credential to fetch it with, by name. */
  readonly credential: string;
  /** Where it is fetched: `https://api.github.com`. The credential is sent there, whatever its connections are. */
  readonly api: URL;
  readonly apiCa?: string | undefined;
}

/** A file that is encrypted at rest, and the key to it, which is kept elsewhere. */
export interface SealedConfig {
  readonly kind: "sealed";
  readonly path: string;
  /** 32 bytes in base64. */
  readonly key: SecretReference;
}

/** Where a stored credential is: always a reference, never the value. */
export type SourceConfig =
  | SecretReference
  | SealedConfig
  | VaultConfig
  | GithubAppConfig
  | CopilotTokenConfig;

/** A stored credential and how it is sent. */
export interface CredentialConfig {
  readonly name: string;
  readonly source: SourceConfig;
  /** How APIs want it, if not as is usual for each; git takes Basic whatever stands here. */
  readonly scheme?: Scheme;
  /** Upstream hosts that it may be sent to besides those of the connections that name it. */
  readonly hosts?: readonly string[];
  /** The user name for Basic; `x-access-token` unless stated. */
  readonly user?: string;
}
