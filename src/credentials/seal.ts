import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";

const mark = "sallyport-sealed-v1";
const algorithm = "aes-256-gcm";
const tagLength = 16;

/** Reads a sealing key: 32 bytes in base64 or base64url. */
export function parseSealingKey(text: string): Result<string> {
  const key = text.trim();
  const valid = /^[\w+/-]{43}=?$/.test(key) && Buffer.from(key, "base64").length === 32;
  return valid ? ok(key) : err("it is not a key of 32 bytes in base64");
}

/**
 * Encrypts a stored value (AES-256-GCM, a random nonce of 96 bits) for that name alone: sealed for one credential, it
 * cannot be put in the place of another. One line of text.
 */
export function seal(value: Secret, name: string, key: Secret): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv(algorithm, bytesOf(key), nonce, { authTagLength: tagLength });
  cipher.setAAD(contextOf(name));
  const body = Buffer.concat([cipher.update(value.reveal(), "utf8"), cipher.final()]);
  const sealed = Buffer.concat([body, cipher.getAuthTag()]).toString("base64url");
  return `${mark}.${nonce.toString("base64url")}.${sealed}`;
}

/** Decrypts what was sealed for that name with that key; anything else is an error, without a word of it. */
export function unseal(text: string, name: string, key: Secret): Result<Secret> {
  const [found, nonce = "", sealed = "", ...rest] = text.trim().split(".");
  const bytes = Buffer.from(sealed, "base64url");
  if (found !== mark || rest.length > 0 || bytes.length < tagLength)
    return err("it is not a sealed value");
  try {
    const iv = Buffer.from(nonce, "base64url");
    const options = { authTagLength: tagLength };
    const decipher = createDecipheriv(algorithm, bytesOf(key), iv, options);
    decipher.setAAD(contextOf(name));
    decipher.setAuthTag(bytes.subarray(-tagLength));
    const body = decipher.update(bytes.subarray(0, -tagLength));
    return ok(new Secret(Buffer.concat([body, decipher.final()]).toString("utf8")));
  } catch {
    return err("it was sealed with another key, or for another credential, or was changed");
  }
}

function contextOf(name: string): Buffer {
  return Buffer.from(`${mark}\n${name}`, "utf8");
}

function bytesOf(key: Secret): Buffer {
  return Buffer.from(key.reveal(), "base64");
}
