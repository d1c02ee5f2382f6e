import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import type { Secret } from "../base/secret.ts";

/** Text that only we can read and nobody can change, for the browser to keep. */
export interface Seal {
  close(text: string): string;
  /** Undefined where it was not closed by us. */
  open(sealed: string): string | undefined;
  /** A code that only we can make, for that text. */
  mark(text: string): string;
  marked(text: string, mark: string): boolean;
}

/** AES-256-GCM and HMAC-SHA-256, with keys that are derived from `secret` for `purpose` alone. */
export function createSeal(secret: Secret, purpose: string): Seal {
  const derive = (use: string) =>
    Buffer.from(hkdfSync("sha256", secret.reveal(), "", `sallyport ${purpose} ${use}`, 32));
  const [key, markKey] = [derive("seal"), derive("mark")];
  const mark = (text: string) => createHmac("sha256", markKey).update(text).digest("base64url");
  return {
    close(text) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url");
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, "base64url");
      if (bytes.length < 28) return undefined;
      try {
        const cipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12));
        cipher.setAuthTag(bytes.subarray(12, 28));
        return Buffer.concat([cipher.update(bytes.subarray(28)), cipher.final()]).toString("utf8");
      } catch {
        return undefined;
      }
    },
    mark,
    marked(text, given) {
      const [a, b] = [Buffer.from(mark(text)), Buffer.from(given)];
      return a.length === b.length && timingSafeEqual(a, b);
    },
  };
}
