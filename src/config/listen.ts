import { z } from "zod";
import { address, tcpAddress } from "./address.ts";

/** Where each part listens (`listen` in the config file). */
export function listen(folder: string) {
  return z.strictObject({
    proxy: tcpAddress.prefault("127.0.0.1:8443"),
    forward: tcpAddress.prefault("127.0.0.1:3128"),
    api: tcpAddress.prefault("127.0.0.1:9003"),
    extproc: address(folder).prefault("unix:./run/extproc.sock"),
    metrics: tcpAddress.prefault("127.0.0.1:9464"),
  });
}
