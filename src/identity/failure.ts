import { unreachable } from "../base/unreachable.ts";

/** Why a caller is not known: a closed list. */
export type AuthenticationCode =
  | "missing"
  | "ambiguous"
  | "scheme"
  | "malformed"
  | "too_large"
  | "elsewhere"
  | "unknown_issuer"
  | "algorithm"
  | "unknown_key"
  | "signature"
  | "audience"
  | "expired"
  | "not_yet_valid"
  | "claim_missing"
  | "claim_mismatch"
  | "unknown_token"
  | "revoked"
  | "replayed"
  | "unsolicited"
  | "keys_unavailable"
  | "store_unavailable";

/** Why a caller is not known, in words that never repeat what the caller sent. */
export interface AuthenticationFailure {
  readonly code: AuthenticationCode;
  readonly message: string;
  /** `unauthenticated` is the caller's fault (401), `unavailable` is ours or the issuer's (503). */
  readonly refusal: "unauthenticated" | "unavailable";
}

/** The failure of that code, with its public words. */
export function failure(code: AuthenticationCode): AuthenticationFailure {
  const unavailable = code === "keys_unavailable" || code === "store_unavailable";
  return {
    code,
    message: words(code),
    refusal: unavailable ? "unavailable" : "unauthenticated",
  };
}

const sentences: Readonly<Record<AuthenticationCode, string>> = {
  missing: "The request carries no identity. Send an OIDC id token or a session token.",
  ambiguous: "The request carries more than one identity. Send exactly one Authorization header.",
  scheme: "The authorization scheme is not one of Bearer, token and Basic.",
  malformed: "The token cannot be read.",
  too_large: "The token is too large.",
  elsewhere:
    "The token appears outside the Authorization header, where it would reach the upstream.",
  unknown_issuer: "The token's issuer is not trusted here.",
  algorithm: "The token is signed with an algorithm that is not accepted.",
  unknown_key: "The token is signed with a key that its issuer does not publish.",
  signature: "The token's signature is wrong.",
  audience: "The token was made for another audience.",
  expired: "The token has expired.",
  not_yet_valid: "The token is not valid yet.",
  claim_missing: "The token lacks a claim that is required here.",
  claim_mismatch: "The token's claims are not those required here.",
  unknown_token: "The session token is unknown, expired or revoked. Exchange a fresh id token.",
  revoked: "The session was revoked.",
  replayed: "The assertion was used before.",
  unsolicited: "This sign-in was not begun here, or took too long. Begin again.",
  keys_unavailable: "The issuer's keys cannot be had at present. Try again shortly.",
  store_unavailable: "Sessions cannot be looked up at present. Try again shortly.",
};

function words(code: AuthenticationCode): string {
  return sentences[code] ?? unreachable(code as never);
}
