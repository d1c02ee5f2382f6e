import { Hono } from "hono";
import type { Env } from "./guard.ts";
import { type ApiServer, serveApi } from "./server.ts";

/** Prometheus text at `/metrics` and nothing else, on a listener that scrapers may reach where the API is not for them. */
export function serveMetrics(
  text: () => Promise<string>,
  listen: { readonly host: string; readonly port: number },
): Promise<ApiServer> {
  const app = new Hono<Env>();
  app.get("/metrics", async (c) =>
    c.body(await text(), 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    }),
  );
  app.onError((_error, c) => c.text("The metrics cannot be read now.\n", 503));
  return serveApi(app, listen);
}
