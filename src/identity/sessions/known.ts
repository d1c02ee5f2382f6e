import type { SessionId } from "../../core/ids.ts";
import type { Grant, Revocation, TokenHash } from "../identity.ts";

/** So many session tokens are remembered; the oldest are forgotten first. */
const most = 10_000;

/**
 * What one gateway knows of sessions by itself, for as long as the store that it shares cannot be asked: which are
 * revoked, and which tokens it has seen to be good. Never asked of what the store can tell.
 */
export class KnownSessions {
  readonly #revoked = new Map<string, number>();
  readonly #good = new Map<TokenHash, Grant>();

  /** Takes a revocation in, which holds until that time (ms since the epoch; of a grant it is not asked). */
  revoke(revocation: Revocation, until: number): void {
    if (revocation.kind === "session") {
      const before = this.#revoked.get(revocation.session) ?? 0;
      this.#revoked.set(revocation.session, Math.max(until, before));
      return;
    }
    for (const [hash, { id }] of this.#good) if (id === revocation.grant) this.#good.delete(hash);
  }

  /** Forgets the revocations whose time is over. */
  prune(now: number): void {
    for (const [session, until] of this.#revoked) if (until <= now) this.#revoked.delete(session);
  }

  isRevoked(session: SessionId, now: number): boolean {
    return (this.#revoked.get(session) ?? 0) > now;
  }

  /** Remembers that the store knows this token, or no longer does. */
  saw(hash: TokenHash, grant: Grant | undefined): void {
    this.#good.delete(hash);
    if (grant === undefined) return;
    this.#good.set(hash, grant);
    const [oldest] = this.#good.keys();
    if (this.#good.size > most && oldest !== undefined) this.#good.delete(oldest);
  }

  find(hash: TokenHash, now: number): Grant | undefined {
    const grant = this.#good.get(hash);
    if (grant === undefined || grant.expiresAt <= now) return undefined;
    return this.isRevoked(grant.session, now) ? undefined : grant;
  }
}
