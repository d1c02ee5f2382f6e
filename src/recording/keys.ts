import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { Decrypter, Encrypter } from "age-encryption";
import { err, ok, type Result } from "../base/result.ts";

/** Wraps the key of each session, so that it can be kept beside what it opens, and destroyed. */
export interface KeyWrap {
  /** The name's ending under which a wrapped key is kept: `age`, `wrapped`. */
  readonly suffix: string;
  wrap(key: Uint8Array): Promise<Uint8Array>;
  /** An error where this gateway cannot open it, or nobody can. */
  unwrap(wrapped: Uint8Array): Promise<Result<Buffer>>;
}

/** Wraps for people: stock `age` opens it. Without an identity this gateway cannot read what it has recorded. */
export function ageWrap(recipients: readonly string[], identity?: string): KeyWrap {
  return {
    suffix: "age",
    wrap: (key) => ageEncrypt(key, recipients),
    unwrap: async (wrapped) =>
      identity === undefined
        ? err("the recording's keys are wrapped for people, and this gateway has no identity")
        : ageDecrypt(wrapped, identity),
  };
}

/** Encrypts for each of these recipients (`age1…`), any of whom can open it alone. */
export async function ageEncrypt(
  plain: Uint8Array,
  recipients: readonly string[],
): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return encrypter.encrypt(plain);
}

/** Opens what was encrypted for the holder of these identities (`AGE-SECRET-KEY-1…`, one a line, `#` before comments). */
export async function ageDecrypt(sealed: Uint8Array, identities: string): Promise<Result<Buffer>> {
  try {
    const decrypter = new Decrypter();
    for (const line of identities.split("\n"))
      if (line.trim() !== "" && !line.startsWith("#")) decrypter.addIdentity(line.trim());
    return ok(Buffer.from(await decrypter.decrypt(sealed)));
  } catch {
    return err("none of these identities opens it");
  }
}

const label = Buffer.from("sallyport-session-key/1");

/** Wraps under one key of this installation: AES-256-GCM, nonce (12 bytes) before, tag (16) after. */
export function fileWrap(key: Uint8Array): KeyWrap {
  return {
    suffix: "wrapped",
    wrap: async (plain) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      cipher.setAAD(label);
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    unwrap: async (wrapped) => {
      try {
        const bytes = Buffer.from(wrapped);
        const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12));
        decipher.setAAD(label);
        decipher.setAuthTag(bytes.subarray(-16));
        return ok(Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]));
      } catch {
        return err("the session's key was wrapped by another installation, or was changed");
      }
    },
  };
}
