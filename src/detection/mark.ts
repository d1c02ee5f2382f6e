import { hash } from "node:crypto";
import { withoutPlaceholders } from "./reversible/form.ts";

/** How a secret is replaced: by a mark that names rule and fingerprint, by as many stars, or by one fixed word. */
export type Strategy = "mark" | "stars" | "fixed";

/** Names a secret without telling it. */
export type Fingerprint = (secret: Uint8Array) => string;

/** No more of a secret than this is kept in memory, or counts for its fingerprint; in bytes. */
export const longestValue = 4096;

/** How far back a match can be looked at again, context included; in bytes. */
export const lookBack = 2 * longestValue;

/** Of SHA-256, in bytes. */
const blockSize = 64;
const digestSize = 32;

const encoder = new TextEncoder();
const fixed = "[REDACTED]";

/**
 * HMAC-SHA256 (RFC 2104) under the tenant's key, 10 hex digits; deterministic within the tenant, useless outside.
 * Written out, because a key object for each fingerprint would cost more than all the rest of masking.
 */
export function fingerprinter(key: Uint8Array): Fingerprint {
  const block = Buffer.alloc(blockSize);
  block.set(key.length > blockSize ? hash("sha256", key, "buffer") : key);
  const inner = Buffer.alloc(blockSize + longestValue);
  const outer = Buffer.alloc(blockSize + digestSize);
  inner.set(block.map((byte) => byte ^ 0x36));
  outer.set(block.map((byte) => byte ^ 0x5c));
  return (secret) => {
    const end = blockSize + Math.min(secret.length, longestValue);
    inner.set(secret.subarray(0, longestValue), blockSize);
    outer.set(hash("sha256", inner.subarray(0, end), "buffer"), blockSize);
    // No secret stays here.
    inner.fill(0, blockSize, end);
    return hash("sha256", outer, "hex").slice(0, 10);
  };
}

/** Writes what stands in a secret's place: ASCII that needs no escape in JSON, URLs or headers' values. */
export function writeMark(
  strategy: Strategy,
  rule: string,
  fingerprint: string,
  length: number,
): Uint8Array {
  switch (strategy) {
    case "mark":
      return encoder.encode(`[REDACTED:${rule}:${fingerprint}]`);
    case "stars":
      return new Uint8Array(length).fill(0x2a);
    case "fixed":
      return encoder.encode(fixed);
  }
}

/** Takes marks and placeholders out of a value, so that what was masked before is not masked again. */
export function withoutMarks(value: string): string {
  const rest = withoutPlaceholders(value);
  return rest.includes("[REDACTED")
    ? rest.replace(/\[REDACTED(?::[a-z0-9-]{1,64}:[0-9a-f]{10})?\]/g, "")
    : rest;
}
