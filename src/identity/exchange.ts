import type { Clock } from "../base/clock.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import type { SessionId } from "../core/ids.ts";
import type { AuditLog } from "../core/record.ts";
import type { TokenVerifier } from "./authenticator.ts";
import { parseToken } from "./carrier.ts";
import { type Asked, keep } from "./exchange-record.ts";
import { type AuthenticationFailure, failure } from "./failure.ts";
import { type Grant, type GrantId, hashToken, type Identity, newGrantId } from "./identity.ts";
import { newSessionToken } from "./session-token.ts";
import type { SessionStore } from "./sessions/store.ts";

/** The longest life of a session token, in milliseconds: that of a hosted CI job. */
export const longestLifetime = 6 * 60 * 60_000;

/** What a subject token can be. */
export type SubjectKind = "id_token" | "saml2";

/** A session token, on its only appearance. */
export interface Issued {
  readonly token: Secret;
  readonly grant: Grant;
}

export interface ExchangeParts {
  readonly clock: Clock;
  readonly sessions: SessionStore;
  readonly audit: AuditLog;
  readonly issuers: TokenVerifier;
  /** Reads SAML assertions (base64url, RFC 8693 section 3), where a SAML identity provider is configured. */
  readonly saml?: TokenVerifier;
  /** Milliseconds that a session token lives; `longestLifetime` at most. */
  readonly lifetime: number;
  onProblem?(error: unknown): void;
}

/** Turns what identity providers sign into session tokens, and ends them. Every step is on record before it counts. */
export interface TokenExchange {
  issue(
    kind: SubjectKind,
    subject: Secret,
    asked: Asked,
  ): Promise<Result<Issued, AuthenticationFailure>>;
  /** The same for one who was identified otherwise, or was not: by a SAML sign-in in a browser. */
  admit(
    who: Result<Identity, AuthenticationFailure>,
    asked: Asked,
  ): Promise<Result<Issued, AuthenticationFailure>>;
  /** Ends the grant of that token, if it has one (RFC 7009 section 2.2: an unknown token is no error). */
  revokeToken(token: Secret, asked: Asked): Promise<Result<void, AuthenticationFailure>>;
  /** Ends one grant, or a session with all of them; false when there was none. */
  revoke(
    what: GrantId | SessionId,
    by: Identity,
    asked: Asked,
  ): Promise<Result<boolean, AuthenticationFailure>>;
  /** Live grants, oldest first. */
  list(): Promise<Result<readonly Grant[], AuthenticationFailure>>;
}

export function tokenExchange(parts: ExchangeParts): TokenExchange {
  const { clock, sessions } = parts;
  const lifetime = Math.min(parts.lifetime, longestLifetime);
  const admit = async (who: Result<Identity, AuthenticationFailure>, asked: Asked) => {
    const identity = who.ok ? await unlessRevoked(who.value, sessions) : who;
    await keep(parts, "token.exchange", asked, identity);
    return identity.ok ? ok(await grant(identity.value, sessions, clock, lifetime)) : identity;
  };
  return {
    issue: (kind, subject, asked) =>
      guarded(parts, async () => admit(await verify(parts, kind, subject), asked)),
    admit: (who, asked) => guarded(parts, () => admit(who, asked)),
    revokeToken: (token, asked) =>
      guarded(parts, async () => {
        const found = await sessions.find(hashToken(token));
        if (found === undefined) return ok(undefined);
        await keep(parts, "token.revoke", asked, ok(found));
        await sessions.revokeGrant(found.id);
        return ok(undefined);
      }),
    revoke: (what, by, asked) =>
      guarded(parts, async () => {
        await keep(parts, "token.revoke", asked, ok(by), { revoked: what });
        if (isGrant(what)) return ok(await sessions.revokeGrant(what));
        // Long enough to outlive every token of the session, also one exchanged a moment ago elsewhere.
        await sessions.revokeSession(what, clock.now() + longestLifetime + 60 * 60_000);
        return ok(true);
      }),
    list: () => guarded(parts, async () => ok(await sessions.list())),
  };
}

async function unlessRevoked(
  identity: Identity,
  sessions: SessionStore,
): Promise<Result<Identity, AuthenticationFailure>> {
  return (await sessions.isRevoked(identity.session)) ? err(failure("revoked")) : ok(identity);
}

async function verify(
  { issuers, saml }: ExchangeParts,
  kind: SubjectKind,
  subject: Secret,
): Promise<Result<Identity, AuthenticationFailure>> {
  const verifier = kind === "saml2" ? saml : issuers;
  if (verifier === undefined) return err(failure("unknown_issuer"));
  if (kind === "saml2") return verifier.verify(subject);
  // A session token is no subject: it could be exchanged for ever.
  const presented = parseToken(subject.reveal());
  if (!presented.ok) return err(failure(presented.error));
  if (presented.value.kind !== "signed") return err(failure("malformed"));
  return verifier.verify(presented.value.token);
}

async function grant(
  { principal, session }: Identity,
  sessions: SessionStore,
  clock: Clock,
  lifetime: number,
): Promise<Issued> {
  const token = newSessionToken();
  const createdAt = clock.now();
  const expiresAt = createdAt + lifetime;
  const hash = hashToken(token);
  const kept: Grant = { id: newGrantId(), hash, session, principal, createdAt, expiresAt };
  await sessions.save(kept);
  return { token, grant: kept };
}

function isGrant(id: GrantId | SessionId): id is GrantId {
  return id.startsWith("grt_");
}

async function guarded<T>(
  { onProblem }: ExchangeParts,
  work: () => Promise<Result<T, AuthenticationFailure>>,
): Promise<Result<T, AuthenticationFailure>> {
  try {
    return await work();
  } catch (error) {
    onProblem?.(error);
    return err(failure("store_unavailable"));
  }
}
