import { err, ok, type Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import { unreachable } from "../base/unreachable.ts";
import type { RequestHead } from "../http/message.ts";
import { appearsElsewhere, type Presented, presentedToken } from "./carrier.ts";
import { type AuthenticationFailure, failure } from "./failure.ts";
import { hashToken, type Identity } from "./identity.ts";
import { Principals } from "./principals.ts";
import { revocationWatch } from "./revocation-watch.ts";
import type { SessionStore } from "./sessions/store.ts";

export type { Identity } from "./identity.ts";

/** Knows callers. */
export interface Authenticator {
  /** Who sent this request; rejects only by a bug, and then nobody is known. */
  authenticate(head: RequestHead): Promise<Result<Identity, AuthenticationFailure>>;
  /** Calls back once, within a second, when this identity is revoked; the function returned stops watching. */
  onRevoked(identity: Identity, callback: () => void): () => void;
}

/** Reads signed tokens: `oidcIssuers` is one. */
export interface TokenVerifier {
  /** Who the token speaks of, if a trusted issuer signed it for us, now. */
  verify(token: Secret): Promise<Result<Identity, AuthenticationFailure>>;
}

export interface AuthenticatorParts {
  readonly issuers: TokenVerifier;
  readonly sessions: SessionStore;
  /** Told why sessions could not be looked up. */
  onProblem?(error: unknown): void;
}

/** The authenticator of id tokens and of session tokens. */
export function createAuthenticator(parts: AuthenticatorParts): Authenticator {
  const watch = revocationWatch(parts.sessions);
  const principals = new Principals();
  return {
    authenticate: async (head) => {
      const presented = presentedToken(head);
      if (!presented.ok) return err(failure(presented.error));
      const identity = await identify(parts, presented.value);
      if (!identity.ok) return identity;
      if (appearsElsewhere(head, presented.value.token)) return err(failure("elsewhere"));
      return ok({ ...identity.value, principal: principals.one(identity.value.principal) });
    },
    onRevoked: watch,
  };
}

async function identify(
  parts: AuthenticatorParts,
  { kind, token }: Presented,
): Promise<Result<Identity, AuthenticationFailure>> {
  switch (kind) {
    case "signed": {
      const identity = await parts.issuers.verify(token);
      if (!identity.ok) return identity;
      const revoked = await stored(parts, (sessions) => sessions.isRevoked(identity.value.session));
      if (!revoked.ok) return revoked;
      return revoked.value ? err(failure("revoked")) : identity;
    }
    case "session": {
      const grant = await stored(parts, (sessions) => sessions.find(hashToken(token)));
      if (!grant.ok) return grant;
      if (grant.value === undefined) return err(failure("unknown_token"));
      const { principal, session, expiresAt, id } = grant.value;
      return ok({ principal, session, expiresAt, token, grant: id });
    }
    default:
      return unreachable(kind);
  }
}

async function stored<T>(
  { sessions, onProblem }: AuthenticatorParts,
  ask: (sessions: SessionStore) => Promise<T>,
): Promise<Result<T, AuthenticationFailure>> {
  try {
    return ok(await ask(sessions));
  } catch (error) {
    onProblem?.(error);
    return err(failure("store_unavailable"));
  }
}
