import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newAuthority, openAuthority } from "./certificate.ts";

/** PEM files. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
  /** What clients have to trust. */
  readonly authority: string;
}

/**
 * A development certificate for exactly these names, under an authority that is made once and kept in `dir`, so that
 * clients who trust it need not be told again.
 */
export function developmentCertificate(dir: string, hosts: readonly string[]): CertificateFiles {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const files = {
    authority: join(dir, "ca.pem"),
    certificate: join(dir, "gateway.pem"),
    key: join(dir, "gateway.key"),
  };
  const authorityKey = join(dir, "ca.key");
  const authority =
    existsSync(files.authority) && existsSync(authorityKey)
      ? openAuthority({
          certificate: readFileSync(files.authority, "utf8"),
          key: readFileSync(authorityKey, "utf8"),
        })
      : newAuthority("Sallyport development CA");
  const leaf = authority.issue(hosts);
  writeFileSync(files.authority, authority.certificate);
  writePrivate(authorityKey, authority.key);
  writeFileSync(files.certificate, leaf.certificate + authority.certificate);
  writePrivate(files.key, leaf.key);
  return files;
}

function writePrivate(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, 0o600);
}
