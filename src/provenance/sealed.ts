import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from "node:crypto";

/** Opens what was sealed to one public key. */
export interface SealedBox {
  /** The X25519 public key, as base64url. */
  readonly publicKey: string;
  /** Undefined where it was not sealed to this key, or was changed since. */
  open(sealed: Uint8Array): Uint8Array | undefined;
}

// A private key of X25519 as PKCS #8 is these bytes and the key's 32 (RFC 8410).
const pkcs8 = Buffer.from("302e020100300506032b656e04220420", "hex");
const keyLength = 32;
const tagLength = 16;

/** The box whose private key is derived from a secret of any length. */
export function sealedBox(secret: Uint8Array): SealedBox {
  const own = Buffer.from(hkdfSync("sha256", secret, "", "sallyport attestations", keyLength));
  const key = Buffer.concat([pkcs8, own]);
  const privateKey = createPrivateKey({ key, format: "der", type: "pkcs8" });
  const publicKey = rawOf(createPublicKey(privateKey));
  return {
    publicKey: publicKey.toString("base64url"),
    open: (sealed) => {
      const bytes = Buffer.from(sealed);
      if (bytes.length < keyLength + tagLength) return undefined;
      const theirs = bytes.subarray(0, keyLength);
      try {
        const [aes, nonce] = agreed(privateKey, keyFrom(theirs), theirs, publicKey);
        const cipher = createDecipheriv("aes-256-gcm", aes, nonce);
        cipher.setAuthTag(bytes.subarray(keyLength, keyLength + tagLength));
        return Buffer.concat([
          cipher.update(bytes.subarray(keyLength + tagLength)),
          cipher.final(),
        ]);
      } catch {
        return undefined;
      }
    },
  };
}

/** Seals bytes so that the owner of that public key alone can read them: X25519 with a key of the moment, HKDF, AES-256-GCM. */
export function sealTo(publicKey: string, bytes: Uint8Array): Uint8Array {
  const to = Buffer.from(publicKey, "base64url");
  const moment = generateKeyPairSync("x25519");
  const ours = rawOf(moment.publicKey);
  const [aes, nonce] = agreed(moment.privateKey, keyFrom(to), ours, to);
  const cipher = createCipheriv("aes-256-gcm", aes, nonce);
  const body = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([ours, cipher.getAuthTag(), body]);
}

/** The key and the nonce of one message: the key of the moment is used once, so both may come from it. */
function agreed(
  privateKey: KeyObject,
  publicKey: KeyObject,
  moment: Uint8Array,
  owner: Uint8Array,
): readonly [Buffer, Buffer] {
  const shared = diffieHellman({ privateKey, publicKey });
  const both = Buffer.concat([moment, owner]);
  const made = Buffer.from(hkdfSync("sha256", shared, both, "sallyport sealed v1", keyLength + 12));
  return [made.subarray(0, keyLength), made.subarray(keyLength)];
}

function rawOf(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url");
}

function keyFrom(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "X25519", x }, format: "jwk" });
}
