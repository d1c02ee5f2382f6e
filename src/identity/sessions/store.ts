import type { SessionId } from "../../core/ids.ts";
import type { Grant, GrantId, Revocation, TokenHash } from "../identity.ts";

/** Where exchanged tokens live. Every method rejects when the store cannot be used, and then nobody is known. */
export interface SessionStore {
  /** Keeps a grant until it expires; resolves when it would survive a restart. */
  save(grant: Grant): Promise<void>;
  /** The grant of that token, unless it is unknown, expired or revoked, itself or with its session. */
  find(hash: TokenHash): Promise<Grant | undefined>;
  /** Grants that `find` would still give, oldest first. */
  list(): Promise<readonly Grant[]>;
  /** Ends one grant for good; false when there was none. */
  revokeGrant(grant: GrantId): Promise<boolean>;
  /** Ends a session and all its grants, and refuses it until that time (milliseconds since the Unix epoch). */
  revokeSession(session: SessionId, until: number): Promise<void>;
  isRevoked(session: SessionId): Promise<boolean>;
  /** True the first time that key is seen before that time; false ever after. */
  once(key: string, until: number): Promise<boolean>;
  /** Tells of every revocation, wherever it was made, within a second; the function returned stops it. */
  follow(told: (revocation: Revocation) => void): () => void;
  /** Milliseconds since this gateway last knew of every revocation; 0 where the store is its own. */
  silentFor(): number;
  close(): Promise<void>;
}
