import { extension, type Json, type JsonObject, socketAddress, typed } from "./typed.ts";

const MIB = 1_048_576;

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** PEM files. */
  readonly certificate: string;
  readonly key: string;
  readonly filters: readonly Json[];
  readonly virtualHosts: readonly Json[];
  /** The HTTP connection manager's `tracing`, where traces are exported. */
  readonly tracing: JsonObject | undefined;
}

/** The reverse proxy: TLS ends here, HTTP/1.1 and HTTP/2. */
export function proxyListener(options: ListenerOptions): JsonObject {
  return {
    name: "proxy",
    address: socketAddress(options.host, options.port),
    per_connection_buffer_limit_bytes: MIB,
    tcp_keepalive: { keepalive_time: 60, keepalive_interval: 30, keepalive_probes: 4 },
    listener_filters: [
      extension("tls_inspector", "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"),
    ],
    filter_chains: [
      {
        transport_socket_connect_timeout: "10s",
        transport_socket: {
          name: "tls",
          typed_config: typed("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
            common_tls_context: {
              alpn_protocols: ["h2", "http/1.1"],
              tls_certificates: [
                {
                  certificate_chain: { filename: options.certificate },
                  private_key: { filename: options.key },
                },
              ],
            },
          }),
        },
        filters: [connectionManager("proxy", options)],
      },
    ],
  };
}

function connectionManager(
  name: string,
  { filters, virtualHosts, tracing }: Pick<ListenerOptions, "filters" | "virtualHosts" | "tracing">,
): JsonObject {
  return extension(
    "hcm",
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    {
      stat_prefix: name,
      // Addresses and x-envoy-* that clients send are not believed.
      use_remote_address: true,
      internal_address_config: { cidr_ranges: [] },
      normalize_path: true,
      merge_slashes: true,
      // GitHub's refs hold %2F: the processor decides what such a path means.
      path_with_escaped_slashes_action: "KEEP_UNCHANGED",
      common_http_protocol_options: {
        idle_timeout: "3600s",
        headers_with_underscores_action: "REJECT_REQUEST",
      },
      http2_protocol_options: {
        max_concurrent_streams: 1024,
        initial_stream_window_size: MIB,
        initial_connection_window_size: 4 * MIB,
        connection_keepalive: { interval: "30s", timeout: "10s" },
      },
      request_headers_timeout: "10s",
      // Counts while a body is held, so it must be off.
      request_timeout: "0s",
      // For routes that go nowhere; connection routes set their own idle_timeout.
      stream_idle_timeout: "300s",
      delayed_close_timeout: "5s",
      always_set_request_id_in_response: false,
      server_header_transformation: "PASS_THROUGH",
      ...(tracing === undefined ? {} : { tracing }),
      local_reply_config: localReplies,
      http_filters: filters,
      route_config: { name, virtual_hosts: virtualHosts },
    },
  );
}

/** A processor that cannot be reached leaves an empty 503; the client is told, in GitHub's shape, with an id to ask by. */
const localReplies = {
  mappers: [
    {
      filter: {
        extension_filter: extension(
          "unreachable_processor",
          "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
          { expression: "response.code_details.startsWith('ext_proc_error')" },
        ),
      },
      headers_to_add: [
        {
          header: { key: "x-github-request-id", value: "%REQ(X-REQUEST-ID)%" },
          append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
        },
      ],
      body_format_override: {
        json_format: {
          message: "Sallyport cannot decide now. Nothing was forwarded.",
          documentation_url: "",
          status: "%RESPONSE_CODE%",
        },
      },
    },
  ],
};
