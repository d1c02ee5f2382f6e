import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import type { Env } from "./guard.ts";

/** An HTTP server that listens. */
export interface ApiServer {
  /** With a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the API on a TCP address (port 0: any free port), or on a Unix socket. */
export async function serveApi(
  app: Hono<Env>,
  listen:
    | { readonly host: string; readonly port: number }
    | { readonly kind: "unix"; readonly path: string },
): Promise<ApiServer> {
  const answer = getRequestListener(app.fetch);
  const server = createServer((request, response) => {
    // Node keeps the first of two; which one a proxy before us believed, nobody knows.
    const names = request.rawHeaders.filter(
      (name, i) => i % 2 === 0 && /^authorization$/i.test(name),
    );
    if (names.length > 1) {
      response
        .writeHead(401, { "content-type": "application/problem+json" })
        .end(twoAuthorizations);
      return;
    }
    answer(request, response).catch(() => response.destroy());
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  if ("path" in listen) server.listen(listen.path);
  else server.listen(listen.port, listen.host);
  await once(server, "listening");
  return { url: urlOf(server), close: () => close(server) };
}

const twoAuthorizations = JSON.stringify({
  type: "about:blank",
  title: "Unauthorized",
  status: 401,
  code: "unauthenticated",
  detail: "There is more than one Authorization header.",
});

function urlOf(server: Server): string {
  const address = server.address() as AddressInfo | string;
  if (typeof address === "string") return `unix:${address}`;
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}/`;
}

// Event streams never end by themselves: after a moment for the answers under way, they are cut.
async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), 1000);
  await closed;
  clearTimeout(cut);
}
