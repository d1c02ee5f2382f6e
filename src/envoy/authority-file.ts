import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CertificateAuthority,
  type KeyPair,
  newAuthority,
  openAuthority,
} from "./certificate.ts";

/** Where an authority is kept: what clients have to trust, and the key beside it, which nobody else may read. */
export function authorityFiles(dir: string): KeyPair {
  return { certificate: join(dir, "ca.pem"), key: join(dir, "ca.key") };
}

/** The authority in that folder; nothing where there is none. Throws when its files are no pair. */
export function readAuthority(dir: string): CertificateAuthority | undefined {
  const { certificate, key } = authorityFiles(dir);
  if (!existsSync(certificate) || !existsSync(key)) return undefined;
  return openAuthority({
    certificate: readFileSync(certificate, "utf8"),
    key: readFileSync(key, "utf8"),
  });
}

/** Makes an authority in that folder. Throws rather than replace one that clients trust. */
export function makeAuthority(dir: string, name: string, days?: number): CertificateAuthority {
  const files = authorityFiles(dir);
  for (const file of [files.certificate, files.key])
    if (existsSync(file)) throw new Error(`${file} is there already, and clients may trust it`);
  const authority = newAuthority(name, days);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writePair(files, authority);
  return authority;
}

/** Writes `NAME.pem`, the certificate with its authority's behind it, and `NAME.key`, for its owner alone. */
export function writeLeaf(dir: string, name: string, leaf: KeyPair, authority: KeyPair): KeyPair {
  const files = { certificate: join(dir, `${name}.pem`), key: join(dir, `${name}.key`) };
  writePair(files, { certificate: leaf.certificate + authority.certificate, key: leaf.key });
  return files;
}

function writePair(files: KeyPair, { certificate, key }: KeyPair): void {
  writeFileSync(files.key, key, { mode: 0o600 });
  chmodSync(files.key, 0o600);
  writeFileSync(files.certificate, certificate);
}
