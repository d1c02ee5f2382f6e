import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { err, ok, type Result } from "../base/result.ts";
import { type IdentityProvider, readMetadata } from "./saml-metadata.ts";

/** Where that is written: in the provider's own metadata, or in the config, with a PEM file of the certificates. */
export type ProviderSource =
  | { readonly kind: "metadata"; readonly path: string }
  | {
      readonly kind: "stated";
      readonly id: string;
      readonly entryPoint: string;
      readonly certificates: string;
    };

/** Reads it anew, so that a replaced file counts from the next sign-in on; the error names the file. */
export async function readProvider(source: ProviderSource): Promise<Result<IdentityProvider>> {
  const path = source.kind === "metadata" ? source.path : source.certificates;
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    return err(`${path} cannot be read`);
  }
  const provider = source.kind === "metadata" ? readMetadata(text) : stated(source, text);
  if (!provider.ok) return err(`${path}: ${provider.error}`);
  return provider.value.certificates.every(isKey)
    ? provider
    : err(`${path} holds a certificate that cannot be read`);
}

function stated(
  { id, entryPoint }: Extract<ProviderSource, { kind: "stated" }>,
  pem: string,
): Result<IdentityProvider> {
  const certificates =
    pem.match(/-----BEGIN (CERTIFICATE|PUBLIC KEY)-----[^-]+-----END \1-----/g) ?? [];
  if (certificates.length === 0) return err("there is no certificate in it");
  return ok({ id, entryPoint, certificates });
}

function isKey(pem: string): boolean {
  if (pem.startsWith("-----BEGIN PUBLIC KEY-----")) return true;
  try {
    return new X509Certificate(pem).publicKey.type === "public";
  } catch {
    return false;
  }
}
