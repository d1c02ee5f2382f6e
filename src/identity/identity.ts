import { hash, randomBytes } from "node:crypto";
import type { Brand } from "../base/brand.ts";
import type { Secret } from "../base/secret.ts";
import type { SessionId } from "../core/ids.ts";
import type { Principal } from "../core/principal.ts";

/** One exchanged token, for lists and revocation: `grt_` and 22 URL-safe characters. Not a secret. */
export type GrantId = Brand<string, "GrantId">;

/** SHA-256 of a session token, in base64url: all that is kept of it. */
export type TokenHash = Brand<string, "TokenHash">;

/** Who sent a request, and for how long that holds. */
export interface Identity {
  readonly principal: Principal;
  readonly session: SessionId;
  /** Milliseconds since the Unix epoch: when what was shown expires. */
  readonly expiresAt: number;
  /** What was shown: to be masked wherever else it appears, and never to reach an upstream. */
  readonly token: Secret;
  /** The exchanged token that was shown, where it was one. */
  readonly grant?: GrantId;
}

/** What is kept of an exchanged token. */
export interface Grant {
  readonly id: GrantId;
  readonly hash: TokenHash;
  readonly session: SessionId;
  readonly principal: Principal;
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Ends one exchanged token, or a session with all its tokens, present and future. */
export type Revocation =
  | { readonly kind: "grant"; readonly grant: GrantId }
  | { readonly kind: "session"; readonly session: SessionId };

export function newGrantId(): GrantId {
  return `grt_${randomBytes(16).toString("base64url")}` as GrantId;
}

/** Reads a grant id that came from outside. */
export function parseGrantId(text: string): GrantId | undefined {
  return /^grt_[A-Za-z0-9_-]{22}$/.test(text) ? (text as GrantId) : undefined;
}

/** Reads a session id that came from outside. */
export function parseSessionId(text: string): SessionId | undefined {
  return /^ses_[A-Za-z0-9_-]{22}$/.test(text) ? (text as SessionId) : undefined;
}

export function hashToken(token: Secret): TokenHash {
  return hash("sha256", token.reveal(), "base64url") as TokenHash;
}
