import { authorityFiles, makeAuthority, readAuthority, writeLeaf } from "./authority-file.ts";

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
  const authority = readAuthority(dir) ?? makeAuthority(dir, "Sallyport development CA");
  const leaf = writeLeaf(dir, "gateway", authority.issue(hosts), authority);
  return { ...leaf, authority: authorityFiles(dir).certificate };
}
