import type { SessionId } from "../../core/ids.ts";
import type { Grant, GrantId, TokenHash } from "../identity.ts";

/** One change to the sessions, as the journal holds it. */
export type Entry =
  | { readonly kind: "grant"; readonly grant: Grant }
  | { readonly kind: "revoke-grant"; readonly grant: GrantId }
  | { readonly kind: "revoke-session"; readonly session: SessionId; readonly until: number }
  | { readonly kind: "once"; readonly key: string; readonly until: number };

/** Sessions in memory: what a sequence of entries comes to. */
export class Ledger {
  readonly #byHash = new Map<TokenHash, Grant>();
  readonly #byId = new Map<GrantId, Grant>();
  readonly #revoked = new Map<SessionId, number>();
  readonly #once = new Map<string, number>();

  apply(entry: Entry): void {
    switch (entry.kind) {
      case "grant":
        this.#byHash.set(entry.grant.hash, entry.grant);
        this.#byId.set(entry.grant.id, entry.grant);
        return;
      case "revoke-grant":
        this.#drop(this.#byId.get(entry.grant));
        return;
      case "revoke-session":
        this.#revoked.set(
          entry.session,
          Math.max(entry.until, this.#revoked.get(entry.session) ?? 0),
        );
        for (const grant of this.#byId.values())
          if (grant.session === entry.session) this.#drop(grant);
        return;
      case "once":
        this.#once.set(entry.key, entry.until);
    }
  }

  find(hash: TokenHash, now: number): Grant | undefined {
    const grant = this.#byHash.get(hash);
    return grant !== undefined && this.#lives(grant, now) ? grant : undefined;
  }

  grant(id: GrantId, now: number): Grant | undefined {
    const grant = this.#byId.get(id);
    return grant !== undefined && this.#lives(grant, now) ? grant : undefined;
  }

  list(now: number): readonly Grant[] {
    return [...this.#byId.values()].filter((grant) => this.#lives(grant, now));
  }

  isRevoked(session: SessionId, now: number): boolean {
    return (this.#revoked.get(session) ?? 0) > now;
  }

  seen(key: string, now: number): boolean {
    return (this.#once.get(key) ?? 0) > now;
  }

  /** Forgets what no longer matters, and gives the entries that make up the rest. */
  compact(now: number): readonly Entry[] {
    for (const grant of this.#byId.values()) if (grant.expiresAt <= now) this.#drop(grant);
    for (const [session, until] of this.#revoked) if (until <= now) this.#revoked.delete(session);
    for (const [key, until] of this.#once) if (until <= now) this.#once.delete(key);
    return [
      ...[...this.#revoked].map(
        ([session, until]): Entry => ({ kind: "revoke-session", session, until }),
      ),
      ...[...this.#once].map(([key, until]): Entry => ({ kind: "once", key, until })),
      ...[...this.#byId.values()].map((grant): Entry => ({ kind: "grant", grant })),
    ];
  }

  #lives(grant: Grant, now: number): boolean {
    return grant.expiresAt > now && !this.isRevoked(grant.session, now);
  }

  #drop(grant: Grant | undefined): void {
    if (grant === undefined) return;
    this.#byHash.delete(grant.hash);
    this.#byId.delete(grant.id);
  }
}
