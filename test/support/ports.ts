import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";

/** Lets that server listen on a free port of 127.0.0.1, and gives the port. */
export async function listenLocally(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A TCP port of 127.0.0.1 that was free a moment ago, for programs that cannot be told "any". */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenLocally(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
