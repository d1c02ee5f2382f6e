import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { err, ok, type Result } from "../base/result.ts";

/** What a signature line says of its maker (C2SP signed-note). */
export interface KeyId {
  readonly name: string;
  /** Eight hex digits. */
  readonly id: string;
}

/** Checks signatures of one key. */
export interface Verifier extends KeyId {
  /** The key in the one spelling that every verifier reads: `name+id+base64`. */
  readonly vkey: string;
  /** Checks the bytes after the key id in a signature line. */
  verify(text: string, signature: Buffer): boolean;
}

/** Makes signatures of one Ed25519 key. */
export interface Signer extends KeyId {
  readonly verifier: Verifier;
  sign(text: string): Buffer;
}

const ed25519 = 1;
const cosignature = 4;
const privatePrefix = "PRIVATE+KEY+";
// RFC 8410: the fixed DER before the 32 bytes of an Ed25519 key.
const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex");
const spki = Buffer.from("302a300506032b6570032100", "hex");

/** A new signing key of that name, in the spelling that `golang.org/x/mod/sumdb/note` reads; a secret. */
export function generateKey(name: string): string {
  if (!isKeyName(name)) throw new TypeError("a key's name has no spaces and no plus");
  const { privateKey } = generateKeyPairSync("ed25519");
  const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);
  const id = keyId(name, ed25519, publicBytes(privateKey));
  return `${privatePrefix}${name}+${id}+${typed(ed25519, seed).toString("base64")}`;
}

/** Reads a signing key; the error never holds any of it. */
export function parseSigner(text: string): Result<Signer> {
  const trimmed = text.trim();
  const parts = trimmed.startsWith(privatePrefix)
    ? keyParts(trimmed.slice(privatePrefix.length))
    : undefined;
  if (parts === undefined || parts.type !== ed25519) return err("this is no signing key");
  const { name } = parts;
  const key = createPrivateKey({
    key: Buffer.concat([pkcs8, parts.material]),
    format: "der",
    type: "pkcs8",
  });
  const bytes = publicBytes(key);
  const id = keyId(name, ed25519, bytes);
  if (id !== parts.id) return err("the signing key's id does not match the key");
  const verifier = parseVerifier(`${name}+${id}+${typed(ed25519, bytes).toString("base64")}`);
  if (!verifier.ok) return verifier;
  return ok({
    name,
    id,
    verifier: verifier.value,
    sign: (note) => sign(null, Buffer.from(note), key),
  });
}

/** Reads a verifier key of a log (Ed25519) or of a witness (Ed25519 cosignature/v1). */
export function parseVerifier(vkey: string): Result<Verifier> {
  const parts = keyParts(vkey.trim());
  if (parts === undefined) return err("this is no verifier key");
  const { name, id, type, material } = parts;
  if (type !== ed25519 && type !== cosignature) return err("a verifier key of an unknown type");
  if (id !== keyId(name, type, material))
    return err("the verifier key's id does not match the key");
  const key = createPublicKey({
    key: Buffer.concat([spki, material]),
    format: "der",
    type: "spki",
  });
  const check = type === ed25519 ? verifyPlain : verifyCosigned;
  return ok({
    name,
    id,
    vkey: vkey.trim(),
    verify: (text, signature) => check(key, text, signature),
  });
}

/** Whether a name may stand in a signature line: not empty, no Unicode space, no plus, no control. */
export function isKeyName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what it looks for
  return /^[^\s+\u0000-\u001f\u0085]+$/u.test(name) && name.isWellFormed();
}

function verifyPlain(key: KeyObject, text: string, signature: Buffer): boolean {
  return signature.length === 64 && verify(null, Buffer.from(text), key, signature);
}

function verifyCosigned(key: KeyObject, text: string, signature: Buffer): boolean {
  if (signature.length !== 72) return false;
  const time = signature.readBigUInt64BE(0);
  if (time > 0x7fff_ffff_ffff_ffffn) return false;
  const message = `cosignature/v1\ntime ${time}\n${text}`;
  return verify(null, Buffer.from(message), key, signature.subarray(8));
}

function keyParts(text: string) {
  // The key itself is base64 and may hold a plus, so only the first two count.
  const [, name, id, base64] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(text) ?? [];
  if (name === undefined || id === undefined || base64 === undefined) return undefined;
  const bytes = Buffer.from(base64, "base64");
  if (!isKeyName(name) || bytes.length !== 33 || bytes.toString("base64") !== base64)
    return undefined;
  return { name, id, type: bytes[0], material: bytes.subarray(1) };
}

function keyId(name: string, type: number, key: Buffer): string {
  const hash = createHash("sha256").update(`${name}\n`).update(typed(type, key));
  return hash.digest("hex").slice(0, 8);
}

function typed(type: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), bytes]);
}

function publicBytes(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(-32);
}
