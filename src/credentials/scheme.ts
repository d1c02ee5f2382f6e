import { Secret } from "../base/secret.ts";
import { unreachable } from "../base/unreachable.ts";
import type { Connection, ConnectionKind } from "../core/target.ts";

export const schemes = ["bearer", "token", "basic"] as const;

/** How a credential is put into an `authorization` header. */
export type Scheme = (typeof schemes)[number];

/** The user name that GitHub documents for tokens over git's Basic authentication. */
export const defaultUser = "x-access-token";

/** The whole value of the header. */
export function authorization(scheme: Scheme, user: string, value: Secret): Secret {
  switch (scheme) {
    case "bearer":
      return new Secret(`Bearer ${value.reveal()}`);
    case "token":
      return new Secret(`token ${value.reveal()}`);
    case "basic":
      return new Secret(`Basic ${basicPair(user, value).reveal()}`);
    default:
      return unreachable(scheme);
  }
}

/** What follows `Basic` (RFC 7617): an encoding of the value in which the value itself cannot be found. */
export function basicPair(user: string, value: Secret): Secret {
  return new Secret(Buffer.from(`${user}:${value.reveal()}`, "utf8").toString("base64"));
}

const usual: Readonly<Record<ConnectionKind, Scheme>> = {
  "github-api": "token",
  copilot: "bearer",
  git: "basic",
};

/** The scheme for a connection: its own, else Basic for git over HTTPS, else the credential's, else what is usual. */
export function schemeFor(
  { kind, scheme }: Pick<Connection, "kind" | "scheme">,
  configured: Scheme | undefined,
): Scheme {
  if (scheme !== undefined) return scheme;
  return kind === "git" ? "basic" : (configured ?? usual[kind]);
}
