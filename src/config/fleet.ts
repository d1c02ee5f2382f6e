import { z } from "zod";
import { address, tcpAddress } from "./address.ts";
import { host } from "./name.ts";
import { fileReference } from "./reference.ts";

/** Where an Envoy that is not beside the processor finds it, and how the two know each other (`fleet` in the config file). */
export function fleet(folder: string) {
  const pair = z.strictObject({ certificate: fileReference(folder), key: fileReference(folder) });
  return z.strictObject({
    /** Every processor, or one name that resolves to all of them; those of `listen` where absent. */
    processors: z.array(address(folder)).min(1).exactOptional(),
    /** Every HTTP API, likewise; `listen.api` where absent. */
    apis: z.array(tcpAddress).min(1).exactOptional(),
    /** Mutual TLS between them, over TCP: each shows its certificate, and takes only those of this authority. */
    tls: z
      .strictObject({
        authority: fileReference(folder),
        processor: pair,
        envoy: pair,
        /** The name in the processor's certificate. */
        name: host.default("sallyport"),
      })
      .exactOptional(),
  });
}
