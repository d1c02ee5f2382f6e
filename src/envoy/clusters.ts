import type { Address } from "../config/address.ts";
import type { Config, ConnectionConfig } from "../config/schema.ts";
import { apiCluster, processorCluster } from "./filters.ts";
import { innerCluster } from "./listener.ts";
import { upstreamCluster } from "./routes.ts";
import {
  extension,
  type Json,
  type JsonObject,
  pipeAddress,
  socketAddress,
  typed,
} from "./typed.ts";

export const HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const MANY = 100_000;
const MIB = 1_048_576;

type Fleet = Config["fleet"];

/** How Envoy speaks HTTP/2 with a processor (Http2ProtocolOptions). */
export const processorHttp2: JsonObject = {
  max_concurrent_streams: 1024,
  // Each event of a stream is a frame: a processor that is late for a second must not lose all that is open.
  max_outbound_frames: 1_000_000,
  initial_stream_window_size: MIB,
  initial_connection_window_size: 16 * MIB,
  connection_keepalive: { interval: "15s", timeout: "10s" },
};

/** The processors: every parked request is an open stream here, so the breakers stand far above any real number. */
export function processor(
  own: readonly Address[],
  { processors = [...own], tls }: Pick<Fleet, "processors" | "tls">,
): JsonObject {
  return {
    ...cluster(processorCluster, processors.map(endpoint)),
    connect_timeout: "1s",
    lb_policy: "LEAST_REQUEST",
    circuit_breakers: breakers({ max_retries: 10_000 }),
    common_lb_config: { healthy_panic_threshold: { value: 0 } },
    health_checks: [
      {
        timeout: "2s",
        interval: "2s",
        no_traffic_interval: "2s",
        unhealthy_threshold: 2,
        healthy_threshold: 1,
        grpc_health_check: { service_name: "envoy.service.ext_proc.v3.ExternalProcessor" },
      },
    ],
    typed_extension_protocol_options: {
      [HTTP_OPTIONS]: typed(HTTP_OPTIONS, {
        explicit_http_config: {
          http2_protocol_options: processorHttp2,
        },
      }),
    },
    ...(tls === undefined ? {} : { transport_socket: mutualTls(tls) }),
  };
}

/** Sallyport's own HTTP API: the token exchange. */
export function api(own: Address, { apis }: Pick<Fleet, "apis">): JsonObject {
  const addresses: readonly Address[] = apis?.map((address) => address) ?? [own];
  return { ...cluster(apiCluster, addresses.map(endpoint)), connect_timeout: "1s" };
}

function mutualTls({ authority, envoy, name }: NonNullable<Fleet["tls"]>): JsonObject {
  return extension("tls", "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
    sni: name,
    common_tls_context: {
      alpn_protocols: ["h2"],
      tls_certificates: [
        {
          certificate_chain: { filename: envoy.certificate },
          private_key: { filename: envoy.key },
        },
      ],
      validation_context: {
        trusted_ca: { filename: authority },
        match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: name } }],
      },
    },
  });
}

/** The way from a CONNECT to the listener inside, without leaving the process. */
export const inner: JsonObject = {
  name: innerCluster,
  load_assignment: {
    cluster_name: innerCluster,
    endpoints: [
      {
        lb_endpoints: [
          {
            endpoint: {
              address: { envoy_internal_address: { server_listener_name: innerCluster } },
            },
          },
        ],
      },
    ],
  },
  transport_socket: extension(
    "internal_upstream",
    "envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport",
    {
      transport_socket: extension(
        "raw",
        "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer",
      ),
    },
  ),
};

/** The true service behind a connection, over verified TLS where it speaks TLS; `roots`: the system's CA bundle. */
export function upstream(
  { name, upstream: url, upstreamCa }: ConnectionConfig,
  roots: string,
): JsonObject {
  const secure = url.protocol === "https:";
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  return {
    ...cluster(upstreamCluster(name), [socketAddress(url.hostname, port)]),
    connect_timeout: "5s",
    circuit_breakers: breakers({}),
    per_connection_buffer_limit_bytes: MIB,
    typed_extension_protocol_options: {
      [HTTP_OPTIONS]: typed(HTTP_OPTIONS, {
        ...(secure
          ? { auto_config: bothVersions }
          : { explicit_http_config: { http_protocol_options: h1 } }),
        common_http_protocol_options: { idle_timeout: "60s" },
      }),
    },
    ...(secure ? { transport_socket: upstreamTls(url.hostname, upstreamCa ?? roots) } : {}),
  };
}

const h1 = { enable_trailers: true };
const bothVersions = {
  http_protocol_options: h1,
  http2_protocol_options: {
    initial_stream_window_size: MIB,
    initial_connection_window_size: 4 * MIB,
  },
};

function upstreamTls(host: string, ca: string): JsonObject {
  const name = host.replace(/^\[|\]$/g, "");
  const san_type = /^[0-9.]+$|:/.test(name) ? "IP_ADDRESS" : "DNS";
  return {
    name: "tls",
    typed_config: typed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
      ...(san_type === "DNS" ? { sni: name } : {}),
      common_tls_context: {
        validation_context: {
          trusted_ca: { filename: ca },
          match_typed_subject_alt_names: [{ san_type, matcher: { exact: name } }],
        },
      },
    }),
  };
}

function cluster(name: string, addresses: readonly Json[]): JsonObject {
  return {
    name,
    type: addresses.some((address) => JSON.stringify(address).includes("socket_address"))
      ? "STRICT_DNS"
      : "STATIC",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: addresses.map((address) => ({ endpoint: { address } })) }],
    },
  };
}

function endpoint(address: Address): JsonObject {
  return address.kind === "unix"
    ? pipeAddress(address.path)
    : socketAddress(everywhere[address.host] ?? address.host, address.port);
}

/** What listens on every interface is reached on loopback. */
const everywhere: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

function breakers(more: JsonObject): JsonObject {
  return {
    thresholds: [
      { max_connections: MANY, max_pending_requests: MANY, max_requests: MANY, ...more },
    ],
  };
}
