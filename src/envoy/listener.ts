import { accessLog } from "./access-log.ts";
import { ownTrace } from "./tracing.ts";
import { extension, type Json, type JsonObject, socketAddress, typed } from "./typed.ts";

const MIB = 1_048_576;

/** PEM files. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface ListenerOptions extends ServerCertificate {
  /** What every listener shares. */
  readonly filters: readonly Json[];
  readonly virtualHosts: readonly Json[];
  /** The HTTP connection manager's `tracing`, where traces are exported. */
  readonly tracing: JsonObject | undefined;
  /** Where each request is told in one line; absent: nowhere. */
  readonly accessLog: string | undefined;
}

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** The reverse proxy: TLS ends here, HTTP/1.1 and HTTP/2. */
export function proxyListener(address: TcpAddress, options: ListenerOptions): JsonObject {
  return {
    ...tcpListener("proxy", address),
    listener_filters: [tlsInspector],
    filter_chains: [tlsChain("proxy", options)],
  };
}

/** Where a CONNECT ends: TLS with a certificate of the internal authority for exactly the connections' hosts. */
export function innerListener(options: ListenerOptions): JsonObject {
  return {
    name: innerCluster,
    internal_listener: {},
    per_connection_buffer_limit_bytes: MIB,
    listener_filters: [tlsInspector],
    filter_chains: [tlsChain("inner", options)],
  };
}

export const innerCluster = "inner";

const tlsInspector = extension(
  "tls_inspector",
  "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
);

/** A TCP listener without its filter chains. */
export function tcpListener(name: string, { host, port }: TcpAddress): JsonObject {
  return {
    name,
    address: socketAddress(host, port),
    per_connection_buffer_limit_bytes: MIB,
    tcp_keepalive: { keepalive_time: 60, keepalive_interval: 30, keepalive_probes: 4 },
  };
}

function tlsChain(name: string, options: ListenerOptions): JsonObject {
  const { certificate, key } = options;
  return {
    transport_socket_connect_timeout: "10s",
    transport_socket: {
      name: "tls",
      typed_config: typed("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
        common_tls_context: {
          alpn_protocols: ["h2", "http/1.1"],
          tls_certificates: [
            { certificate_chain: { filename: certificate }, private_key: { filename: key } },
          ],
        },
      }),
    },
    filters: [connectionManager(name, options)],
  };
}

/**
 * Not a multiple of what git sends at a time (`http.postBuffer`, 1 MiB): curl before 8.0 waits for ever where a stream's
 * window is used up at the very end of what it was given.
 */
const streamWindow = MIB + 65_535;

function connectionManager(
  name: string,
  { filters, virtualHosts, tracing, accessLog: log }: ListenerOptions,
): JsonObject {
  return extension(
    "hcm",
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    {
      stat_prefix: name,
      ...accessLog(log),
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
      http_protocol_options: { enable_trailers: true },
      http2_protocol_options: {
        max_concurrent_streams: 1024,
        initial_stream_window_size: streamWindow,
        initial_connection_window_size: 4 * MIB,
        connection_keepalive: { interval: "30s", timeout: "10s" },
      },
      request_headers_timeout: "10s",
      // Counts while a body is held, so it must be off.
      request_timeout: "0s",
      // For routes that go nowhere; connection routes set their own idle_timeout.
      stream_idle_timeout: "300s",
      delayed_close_timeout: "1s",
      always_set_request_id_in_response: false,
      server_header_transformation: "PASS_THROUGH",
      ...(tracing === undefined ? {} : { tracing }),
      early_header_mutation_extensions: [ownTrace],
      local_reply_config: localReplies,
      http_filters: filters,
      route_config: { name, virtual_hosts: virtualHosts },
    },
  );
}

/** What Envoy would say in words of its own, or not at all, the client is told in GitHub's shape, with an id to ask by. */
const localReplies = {
  mappers: [
    mapper(
      "unreachable_processor",
      "response.code_details.startsWith('ext_proc_error')",
      "Sallyport cannot decide now. Nothing was forwarded.",
    ),
    mapper(
      "latch",
      "response.code_details.startsWith('rbac_access_denied')",
      "Sallyport did not let this request go on. Nothing was forwarded.",
    ),
  ],
};

function mapper(name: string, expression: string, message: string): JsonObject {
  return {
    filter: {
      extension_filter: extension(
        name,
        "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
        { expression },
      ),
    },
    headers_to_add: [
      {
        header: { key: "x-github-request-id", value: "%REQ(X-REQUEST-ID)%" },
        append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
      },
    ],
    body_format_override: {
      json_format: { message, documentation_url: "", status: "%RESPONSE_CODE%" },
    },
  };
}
