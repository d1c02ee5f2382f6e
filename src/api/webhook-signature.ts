import { createHmac, timingSafeEqual } from "node:crypto";
import type { Secret } from "../base/secret.ts";

/** Whether `given` is the keyed hash (HMAC-SHA-256, hex) of that content, after the prefix of its kind. */
export function isSignature(
  given: string,
  prefix: string,
  content: string,
  secret: Secret,
): boolean {
  const hash = createHmac("sha256", secret.reveal()).update(content).digest("hex");
  const [a, b] = [Buffer.from(`${prefix}${hash}`), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
