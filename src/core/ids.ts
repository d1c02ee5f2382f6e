import { randomBytes, randomFillSync } from "node:crypto";
import type { Brand } from "../base/brand.ts";

/** The id of one exchange and of its audit record: a UUIDv7 (RFC 9562), so that ids sort by time. */
export type RecordId = Brand<string, "RecordId">;
/** One run of a client: all requests of one CI run, or of one exchanged token. */
export type SessionId = Brand<string, "SessionId">;
/** One request for a person's say: `apr_` and 22 URL-safe characters. */
export type ApprovalId = Brand<string, "ApprovalId">;
/** The `id` of a rule in the policy file; `otherwise` for the last resort. */
export type RuleId = Brand<string, "RuleId">;

const idBytes = 16;
const pool = Buffer.alloc(idBytes * 256);
let poolUsed = pool.length;

/** Asks the system for many ids' randomness at once: a call for each would cost more than the rest of the id. */
function takeRandom(): Buffer {
  if (poolUsed === pool.length) {
    randomFillSync(pool);
    poolUsed = 0;
  }
  poolUsed += idBytes;
  return pool.subarray(poolUsed - idBytes, poolUsed);
}

/** A new record id for that moment (milliseconds since the Unix epoch). */
export function newRecordId(now: number): RecordId {
  const bytes = takeRandom();
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as RecordId;
}

export function newApprovalId(): ApprovalId {
  return `apr_${randomBytes(16).toString("base64url")}` as ApprovalId;
}

/** Reads an approval id that came from outside. */
export function parseApprovalId(text: string): ApprovalId | undefined {
  return /^apr_[A-Za-z0-9_-]{22}$/.test(text) ? (text as ApprovalId) : undefined;
}
