import { processorAddresses } from "../config/processes.ts";
import type { Config } from "../config/schema.ts";
import { mountsOf } from "../core/mount.ts";
import { api, inner, processor, upstream } from "./clusters.ts";
import { httpFilters, innerFilters } from "./filters.ts";
import { forwardListener, tunnelCluster } from "./forward.ts";
import { innerListener, proxyListener, type ServerCertificate } from "./listener.ts";
import { virtualHosts } from "./routes.ts";
import { tracing, tracingClusters } from "./tracing.ts";
import { extension, type JsonObject, socketAddress } from "./typed.ts";

/** What the config file does not say. */
export interface BootstrapOptions {
  /** Where Envoy's admin interface listens; loopback only. */
  readonly admin: { readonly host: string; readonly port: number };
  /** What the reverse proxy shows to clients. */
  readonly proxy: ServerCertificate;
  /** What the forward proxy shows inside a CONNECT: the internal authority's, for the connections' hosts. */
  readonly inner: ServerCertificate;
  /** PEM bundle of the certificate authorities that upstreams are checked against. */
  readonly roots: string;
  /** Where each request is told in one line; absent: nowhere (the audit log tells more). */
  readonly accessLog?: string;
  /** Off only in the test that shows why it is on. */
  readonly gracefulClose?: boolean;
}

/** Where Debian, Alpine and the official Envoy image keep the system's certificate authorities. */
export const systemRoots = "/etc/ssl/certs/ca-certificates.crt";

/** Envoy's whole bootstrap, rendered from the config. `envoy/envoy.yaml` is one, with the reasons. */
export function bootstrap(config: Config, options: BootstrapOptions): JsonObject {
  const { listen, connections, audit, forward } = config;
  const collector = audit.otlp?.url;
  const chain = {
    accessLog: options.accessLog,
    virtualHosts: virtualHosts(mountsOf(connections)),
    tracing: collector === undefined ? undefined : tracing(collector),
  };
  return {
    admin: { address: socketAddress(options.admin.host, options.admin.port) },
    layered_runtime: {
      layers: [
        {
          name: "sallyport",
          static_layer: {
            // A half-close that waits for our own, instead of RST_STREAM at once.
            "envoy.reloadable_features.ext_proc_graceful_grpc_close":
              options.gracefulClose !== false,
          },
        },
      ],
    },
    bootstrap_extensions: [
      extension(
        "envoy.bootstrap.internal_listener",
        "envoy.extensions.bootstrap.internal_listener.v3.InternalListener",
      ),
    ],
    static_resources: {
      listeners: [
        proxyListener(listen.proxy, { ...options.proxy, ...chain, filters: httpFilters() }),
        forwardListener(
          listen.forward,
          connections.flatMap(({ hosts }) => hosts),
          forward.tunnels,
          options.accessLog,
        ),
        innerListener({ ...options.inner, ...chain, filters: innerFilters() }),
      ],
      clusters: [
        processor(processorAddresses(listen), config.fleet),
        api(listen.api, config.fleet),
        inner,
        ...connections.map((connection) => upstream(connection, options.roots)),
        ...forward.tunnels.map(tunnelCluster),
        ...(collector === undefined ? [] : tracingClusters(collector, options.roots)),
      ],
    },
  };
}
