import { unreachable } from "../base/unreachable.ts";
import { isIban, isLuhn, isPhone, isSsn } from "./checks-pii.ts";
import { isCommonWord, looksLikePlaceholder, looksLikeReference } from "./placeholder.ts";

/** What a value must be, beyond its form. */
export type Check =
  | "basic-credentials"
  | "iban"
  | "jwt"
  | "luhn"
  | "mixed"
  | "not-common-word"
  | "not-placeholder"
  | "not-reference"
  | "phone"
  | "ssn";

/** Whether the value (Latin-1, one character a byte) passes. */
export function passes(check: Check, value: string): boolean {
  switch (check) {
    case "basic-credentials":
      return isBasicCredentials(value);
    case "iban":
      return isIban(value);
    case "jwt":
      return isJwtStart(value);
    case "luhn":
      return isLuhn(value);
    case "mixed":
      return isMixed(value);
    case "not-common-word":
      return !isCommonWord(value);
    case "not-placeholder":
      return !looksLikePlaceholder(value);
    case "not-reference":
      return !looksLikeReference(value);
    case "phone":
      return isPhone(value);
    case "ssn":
      return isSsn(value);
    default:
      return unreachable(check);
  }
}

/** `user:password` in base64 (RFC 7617), all of it printable. */
function isBasicCredentials(value: string): boolean {
  const decoded = Buffer.from(value, "base64").toString("latin1");
  return /^[\x20-\x7e\x80-\xff]{0,256}:[\x20-\x7e\x80-\xff]{1,512}$/.test(decoded);
}

/** The first part is a JOSE header (RFC 7515): an object that names an algorithm. */
function isJwtStart(value: string): boolean {
  const header = Buffer.from(value.split(".")[0] ?? "", "base64url").toString("latin1");
  return header.startsWith("{") && /"(?:alg|enc|typ|kid)"/.test(header);
}

/** Letters and digits both, as made-up words seldom have. */
function isMixed(value: string): boolean {
  return /[0-9]/.test(value) && /[A-Za-z]/.test(value);
}
