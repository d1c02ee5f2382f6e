import { extension, type JsonObject, socketAddress } from "./typed.ts";

const cluster = "otlp_collector";

/**
 * Envoy's own spans go to the same collector as ours; the context goes to the processor only, never to GitHub.
 * Their text is ours: what a client writes may be no UTF-8, for which a collector refuses the batch, or a secret in a query.
 */
export function tracing(collector: URL): JsonObject {
  return {
    no_context_propagation: true,
    custom_tags: ["user_agent", "http.url"].map((tag) => ({ tag, literal: { value: "-" } })),
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

const clientTraceparent = "x-sallyport-client-traceparent";

/**
 * Before Envoy opens its span: a client neither names it nor says which trace it is of, or that there be none.
 * `seenTraceparent` puts the client's own back, for the record.
 */
export const ownTrace: JsonObject = extension(
  "own_trace",
  "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
  {
    mutations: [
      { remove: clientTraceparent },
      set(clientTraceparent, "%REQ(TRACEPARENT)%"),
      ...["traceparent", "tracestate", "x-envoy-decorator-operation", "x-request-id"].map(
        (remove) => ({ remove }),
      ),
    ],
  },
);

/** A mutation for the filters, before those that hide our own headers. */
export const seenTraceparent: JsonObject = set("traceparent", `%REQ(${clientTraceparent})%`);

/** Sets a header; nothing where the value is empty. */
function set(key: string, value: string): JsonObject {
  return { append: { header: { key, value }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" } };
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
