import { randomBytes } from "node:crypto";
import { Secret } from "../base/secret.ts";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const characters = 43;

/**
 * A new session token: `ghs_`, which the Copilot CLI, its SDK, gh and git accept, and 43 random letters and digits
 * (256 bits).
 */
export function newSessionToken(): Secret {
  let text = "";
  while (text.length < characters)
    for (const byte of randomBytes(64)) {
      // 248 is the largest multiple of 62 in a byte: what lies above would make some characters likelier.
      if (byte < 248 && text.length < characters) text += alphabet[byte % 62];
    }
  return new Secret(`ghs_${text}`);
}
