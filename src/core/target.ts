import type { Path } from "../http/path.ts";

export type ConnectionKind = "github-api" | "git" | "copilot";

/** A protected endpoint: which upstream, and of what kind. */
export interface Connection {
  readonly name: string;
  readonly kind: ConnectionKind;
  /** The names by which clients know it: `api.github.com`. */
  readonly hosts: readonly string[];
  /** Scheme, host and port of the true service. */
  readonly upstream: URL;
  /** The name of the credential that its requests carry, where it has one. */
  readonly credential?: string | undefined;
  /** How its upstream wants a credential spelled, where that is not as usual for it. */
  readonly scheme?: "bearer" | "token" | "basic" | undefined;
}

/** Where a request is headed: the connection, and the path as its upstream will see it. */
export interface Target {
  readonly connection: Connection;
  /** Relative to the upstream: the gateway's own prefix (`/api/v3`, `/copilot`) is gone. */
  readonly path: Path;
}
