import { unreachable } from "../base/unreachable.ts";
import { isIban, isLuhn, isPhone, isSsn } from "./checks-pii.ts";
import { isCommonWord, looksLikePlaceholder, looksLikeReference } from "./placeholder.ts";
import { readsLikeWords } from "./words.ts";

export const checkNames = [
  "basic-credentials",
  "hidden-token",
  "iban",
  "jwt",
  "luhn",
  "mixed",
  "not-common-word",
  "not-placeholder",
  "not-reference",
  "not-words",
  "phone",
  "ssn",
] as const;

/** What a value must be, beyond its form. */
export type Check = (typeof checkNames)[number];

/** Whether the value (Latin-1, one character a byte) passes. */
export function passes(check: Check, value: string): boolean {
  switch (check) {
    case "basic-credentials":
      return isBasicCredentials(value);
    case "hidden-token":
      return hidesToken(value);
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
    case "not-words":
      return isMixed(value) || !readsLikeWords(value);
    case "phone":
      return isPhone(value);
    case "ssn":
      return isSsn(value);
    default:
      return unreachable(check);
  }
}

/** `user:password` in base64 (RFC 7617), all of it printable, and no example. */
function isBasicCredentials(value: string): boolean {
  const decoded = Buffer.from(value, "base64").toString("latin1");
  const password = /^[\x20-\x7e\x80-\xff]{0,256}?:([\x20-\x7e\x80-\xff]{1,512})$/.exec(
    decoded,
  )?.[1];
  return password !== undefined && !looksLikePlaceholder(password);
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

/** Known prefixes without their first letter, of which base64 at some alignments keeps only a part. */
const known =
  /(?:h[pousr]_|ithub_pat_|lpat-|pm_|ypi-AgE|k-ant-|k-proj-|k_live_|ox[bp]-|app-|op_v1_|lsa_|vs\.|ervices\/)[A-Za-z0-9_./-]{12,}|GE-SECRET-KEY-1|RIVATE KEY-----/;

/** Base64 that shows a token when it is read from the right place of its quantum. */
function hidesToken(value: string): boolean {
  const plain = value.replace(/-/g, "+").replace(/_/g, "/");
  return ["", "AA", "AAA"].some((before) =>
    known.test(Buffer.from(before + plain, "base64").toString("latin1")),
  );
}
