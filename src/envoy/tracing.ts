import { extension, type JsonObject, socketAddress } from "./typed.ts";

const cluster = "otlp_collector";

/** Envoy's own spans go to the same collector as ours; the context goes to the processor only, never to GitHub. */
export function tracing(collector: URL): JsonObject {
  return {
    no_context_propagation: true,
    provider: extension(
      "envoy.tracers.opentelemetry",
      "envoy.config.trace.v3.OpenTelemetryConfig",
      {
        service_name: "sallyport-envoy",
        http_service: {
          http_uri: { uri: `${collector.origin}/v1/traces`, cluster, timeout: "1s" },
        },
      },
    ),
  };
}

export function tracingClusters(collector: URL, roots: string): readonly JsonObject[] {
  const secure = collector.protocol === "https:";
  const port = collector.port === "" ? (secure ? 443 : 80) : Number(collector.port);
  return [
    {
      name: cluster,
      type: "STRICT_DNS",
      connect_timeout: "1s",
      load_assignment: {
        cluster_name: cluster,
        endpoints: [
          { lb_endpoints: [{ endpoint: { address: socketAddress(collector.hostname, port) } }] },
        ],
      },
      ...(secure
        ? {
            transport_socket: extension(
              "tls",
              "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
              {
                sni: collector.hostname,
                common_tls_context: { validation_context: { trusted_ca: { filename: roots } } },
              },
            ),
          }
        : {}),
    },
  ];
}
