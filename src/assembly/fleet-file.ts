import { readFileSync } from "node:fs";
import type { Config } from "../config/schema.ts";
import type { GrpcOptions } from "../extproc/grpc/server.ts";

/** The processor's side of mutual TLS with Envoy; none where none is configured. Throws when a file cannot be read. */
export function tlsOf({ fleet: { tls } }: Config): Pick<GrpcOptions, "tls"> {
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
