import { availableParallelism } from "node:os";
import { z } from "zod";
import { address, tcpAddress } from "./address.ts";

export const transports = ["grpc-js", "http2"] as const;

/** Where each part listens, and how many processes do the work (`listen` in the config file). */
export function listen(folder: string) {
  return z.strictObject({
    proxy: tcpAddress.prefault("127.0.0.1:8443"),
    forward: tcpAddress.prefault("127.0.0.1:3128"),
    api: tcpAddress.prefault("127.0.0.1:9003"),
    /** The first processor; the others of `processes` on the ports that follow, or the sockets NAME-1, NAME-2 and so on. */
    extproc: address(folder).prefault("unix:./run/extproc.sock"),
    /** What speaks gRPC with Envoy: the library, or an HTTP/2 of our own, which takes less of the processor. */
    transport: z.enum(transports).prefault("grpc-js"),
    metrics: tcpAddress.prefault("127.0.0.1:9464"),
    /** How many processes judge requests: a number, or `auto` for one per core. More than one need `state: redis` and `audit.log`. */
    processes: z
      .union([z.int().min(1).max(64), z.literal("auto")])
      .prefault(1)
      .transform((count) => (count === "auto" ? availableParallelism() : count)),
  });
}
