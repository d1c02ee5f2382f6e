import type { Config } from "../config/schema.ts";
import { forwardRoutes } from "../core/forward.ts";
import { accessLog } from "./access-log.ts";
import { connectFilters } from "./filters.ts";
import { innerCluster, type TcpAddress, tcpListener } from "./listener.ts";
import { extension, type JsonObject, socketAddress } from "./typed.ts";

export type Tunnel = Config["forward"]["tunnels"][number];

/**
 * The forward proxy. CONNECT to a connection's host ends inside, at the inner listener; CONNECT to a listed tunnel goes
 * on untouched; everything else is refused. The processor sees each of them first, and records it.
 */
export function forwardListener(
  address: TcpAddress,
  hosts: readonly string[],
  tunnels: readonly Tunnel[],
  log: string | undefined,
): JsonObject {
  return {
    ...tcpListener("forward", address),
    filter_chains: [{ filters: [connectManager(hosts, tunnels, log)] }],
  };
}

/** A host of the tunnel list, over plain TCP: what moves there is between the client and the host. */
export function tunnelCluster({ host, port }: Tunnel): JsonObject {
  const name = clusterName({ host, port });
  return {
    name,
    type: "STRICT_DNS",
    connect_timeout: "5s",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(host, port) } }] }],
    },
  };
}

function clusterName({ host, port }: Tunnel): string {
  return `tunnel_${host}_${port}`;
}

function connectManager(
  hosts: readonly string[],
  tunnels: readonly Tunnel[],
  log: string | undefined,
): JsonObject {
  return extension(
    "hcm",
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    {
      stat_prefix: "forward",
      ...accessLog(log),
      use_remote_address: true,
      internal_address_config: { cidr_ranges: [] },
      stream_idle_timeout: "0s",
      request_headers_timeout: "10s",
      // Python's own client says CONNECT in HTTP/1.0.
      http_protocol_options: { accept_http_10: true },
      upgrade_configs: [{ upgrade_type: "CONNECT" }],
      http_filters: connectFilters(),
      route_config: {
        name: "forward",
        virtual_hosts: [
          {
            name: "connections",
            domains: hosts.map((host) => `${host}:443`),
            routes: [onward(forwardRoutes.inward, innerCluster), ...refusals],
          },
          ...tunnels.map((tunnel) => ({
            name: clusterName(tunnel),
            domains: [`${tunnel.host}:${tunnel.port}`],
            routes: [onward(forwardRoutes.tunnel, clusterName(tunnel)), ...refusals],
          })),
          { name: "elsewhere", domains: ["*"], routes: refusals },
        ],
      },
    },
  );
}

function onward(name: string, cluster: string): JsonObject {
  return {
    name,
    match: { connect_matcher: {} },
    route: {
      cluster,
      timeout: "0s",
      idle_timeout: "0s",
      upgrade_configs: [{ upgrade_type: "CONNECT", connect_config: {} }],
    },
  };
}

/** The processor has refused by then; should it not be asked, this does. */
const refusals = [{ connect_matcher: {} }, { prefix: "/" }].map((match) => ({
  name: forwardRoutes.elsewhere,
  match,
  direct_response: { status: 403 },
}));
