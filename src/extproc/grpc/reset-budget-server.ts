import http2 from "node:http2";

/**
 * Envoy ends each ext_proc stream with RST_STREAM, and a Node HTTP/2 server allows a burst of 1,000 of those and 33 a
 * second per connection before it answers GOAWAY and kills the streams in flight (nodejs/node#56306). grpc-js offers
 * no way to its server options, so the factory that it calls is wrapped while `act` runs: the budget is counted against streams that
 * Envoy itself opened, and Envoy is trusted. `envoy.reloadable_features.ext_proc_graceful_grpc_close` in the rendered
 * bootstrap is the second guard; each alone suffices.
 */
export async function withResetBudget<T>(act: () => Promise<T>): Promise<T> {
  const original = http2.createServer;
  const secure = http2.createSecureServer;
  const budget = { streamResetBurst: 10_000_000, streamResetRate: 10_000_000 };
  http2.createServer = ((options: http2.ServerOptions, ...rest: []) =>
    original(
      { ...budget, ...options } as http2.ServerOptions,
      ...rest,
    )) as typeof http2.createServer;
  http2.createSecureServer = ((options: http2.SecureServerOptions, ...rest: []) =>
    secure(
      { ...budget, ...options } as http2.SecureServerOptions,
      ...rest,
    )) as typeof http2.createSecureServer;
  try {
    return await act();
  } finally {
    http2.createServer = original;
    http2.createSecureServer = secure;
  }
}
