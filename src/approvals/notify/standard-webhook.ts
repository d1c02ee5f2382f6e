import { createHmac, createPrivateKey, type KeyObject, sign } from "node:crypto";
import { err, ok, type Result } from "../../base/result.ts";
import type { Secret } from "../../base/secret.ts";

/** Signs a message as Standard Webhooks has it, with one key. */
export type Signer = (content: string) => string;

// PKCS #8 (RFC 8410) in front of the 32 bytes of an Ed25519 seed.
const ed25519Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

/** Reads `whsec_…` (HMAC-SHA256, `v1`) or `whsk_…` (Ed25519, `v1a`), base64 behind the prefix. */
export function readSigner(secret: Secret): Result<Signer> {
  const [, kind, text = ""] = /^(whsec|whsk)_([A-Za-z0-9+/]+={0,2})$/.exec(secret.reveal()) ?? [];
  const bytes = Buffer.from(text, "base64");
  if (kind === "whsec" && bytes.length >= 24 && bytes.length <= 64)
    return ok((content) => `v1,${createHmac("sha256", bytes).update(content).digest("base64")}`);
  if (kind === "whsk" && (bytes.length === 32 || bytes.length === 64)) {
    const key: KeyObject = createPrivateKey({
      key: Buffer.concat([ed25519Prefix, bytes.subarray(0, 32)]),
      format: "der",
      type: "pkcs8",
    });
    return ok((content) => `v1a,${sign(null, Buffer.from(content), key).toString("base64")}`);
  }
  return err("must be whsec_ and 24 to 64 bytes, or whsk_ and an Ed25519 key, in base64");
}

/** The three headers of Standard Webhooks. Several signers: keys are being changed, and either may be known. */
export function webhookHeaders(
  id: string,
  at: number,
  body: string,
  signers: readonly Signer[],
): Readonly<Record<string, string>> {
  const timestamp = `${Math.floor(at / 1000)}`;
  const content = `${id}.${timestamp}.${body}`;
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signers.map((signer) => signer(content)).join(" "),
  };
}
