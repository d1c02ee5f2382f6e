import type { Scheme } from "./scheme.ts";

/** Where a stored credential is: always a reference, never the value. */
export type SourceConfig =
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "file"; readonly path: string };

/** A stored credential and how it is sent. */
export interface CredentialConfig {
  readonly name: string;
  readonly source: SourceConfig;
  /** How APIs want it; git takes Basic whatever stands here. */
  readonly scheme: Scheme;
  /** The user name for Basic; `x-access-token` unless stated. */
  readonly user?: string;
}
