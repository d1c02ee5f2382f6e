import { readFileSync } from "node:fs";
import type { Config } from "../config/schema.ts";
import type { ServerTls } from "../extproc/transport.ts";

/** The processor's side of mutual TLS with Envoy; none where none is configured. Throws when a file cannot be read. */
export function tlsOf({ fleet: { tls } }: Config): { readonly tls?: ServerTls } {
  if (tls === undefined) return {};
  const { certificate, key } = tls.processor;
  return {
    tls: {
      certificate: readFileSync(certificate),
      key: readFileSync(key),
      authority: readFileSync(tls.authority),
    },
  };
}
