import type { Config } from "../config/schema.ts";
import { mountsOf } from "../core/mount.ts";
import { api, processor, upstream } from "./clusters.ts";
import { httpFilters } from "./filters.ts";
import { proxyListener } from "./listener.ts";
import { virtualHosts } from "./routes.ts";
import { tracing, tracingClusters } from "./tracing.ts";
import { type JsonObject, socketAddress } from "./typed.ts";

/** What the config file does not say. */
export interface BootstrapOptions {
  /** Where Envoy's admin interface listens; loopback only. */
  readonly admin: { readonly host: string; readonly port: number };
  /** PEM files of the reverse proxy's certificate and key. */
  readonly certificate: string;
  readonly key: string;
  /** PEM bundle of the certificate authorities that upstreams are checked against. */
  readonly roots: string;
  /** Off only in the test that shows why it is on. */
  readonly gracefulClose?: boolean;
}

/** Where Debian, Alpine and the official Envoy image keep the system's certificate authorities. */
export const systemRoots = "/etc/ssl/certs/ca-certificates.crt";

/** Envoy's whole bootstrap, rendered from the config. `envoy/reverse.yaml` is the same for the default config, with comments. */
export function bootstrap(config: Config, options: BootstrapOptions): JsonObject {
  const { listen, identity, connections, audit } = config;
  const collector = audit.otlp?.url;
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
    static_resources: {
      listeners: [
        proxyListener({
          host: listen.proxy.host,
          port: listen.proxy.port,
          certificate: options.certificate,
          key: options.key,
          filters: httpFilters(identity.issuers),
          virtualHosts: virtualHosts(mountsOf(connections)),
          tracing: collector === undefined ? undefined : tracing(collector),
        }),
      ],
      clusters: [
        processor(listen.extproc),
        api(listen.api),
        ...connections.map((connection) => upstream(connection, options.roots)),
        ...(collector === undefined ? [] : tracingClusters(collector, options.roots)),
      ],
    },
  };
}
