import type { Config, ConnectionConfig } from "../config/schema.ts";
import { HTTP_OPTIONS, processorHttp2 } from "./clusters.ts";
import { apiCluster, processorCluster } from "./filters.ts";
import { upstreamCluster } from "./routes.ts";
import type { Json, JsonObject } from "./typed.ts";

const gateway = "sallyport";
const listener = "https";
const policy = "sallyport";
const eg = { group: "gateway.envoyproxy.io" };
const gatewayApi = "gateway.networking.k8s.io/v1";
const egApi = "gateway.envoyproxy.io/v1alpha1";
const extProc = "envoy.filters.http.ext_proc";

/**
 * The reverse proxy as resources for Envoy Gateway, all of one namespace: what its own resources can say is said by them,
 * and an EnvoyPatchPolicy says the rest, with the filters, routes and connection manager of `bootstrap`.
 */
export function envoyGateway(
  { connections }: Pick<Config, "connections">,
  bootstrap: JsonObject,
  namespace: string,
): readonly JsonObject[] {
  const all = [
    resource(gatewayApi, "Gateway", gateway, {
      gatewayClassName: "envoy-gateway",
      listeners: [
        {
          name: listener,
          protocol: "HTTPS",
          port: 443,
          tls: { mode: "Terminate", certificateRefs: [{ name: "sallyport-tls" }] },
        },
      ],
    }),
    ...connections.flatMap(connectionResources),
    route("api", [], { name: gateway, port: 9003 }),
    processorBackend(namespace),
    extensionPolicy(connections),
    trafficPolicy(connections),
    resource(egApi, "EnvoyPatchPolicy", policy, {
      type: "JSONPatch",
      targetRef: { group: "gateway.networking.k8s.io", kind: "Gateway", name: gateway },
      jsonPatches: patches(connections, bootstrap, namespace),
    }),
  ];
  return all.map((one) => ({ ...one, metadata: { ...(one["metadata"] as object), namespace } }));
}

function connectionResources({ name, hosts, upstream }: ConnectionConfig): readonly JsonObject[] {
  const secure = upstream.protocol === "https:";
  const port = upstream.port === "" ? (secure ? 443 : 80) : Number(upstream.port);
  const tls = { wellKnownCACertificates: "System", sni: upstream.hostname };
  return [
    resource(egApi, "Backend", name, {
      endpoints: [{ fqdn: { hostname: upstream.hostname, port } }],
      ...(secure ? { tls } : {}),
    }),
    route(name, hosts, { ...eg, kind: "Backend", name, port }),
  ];
}

function route(name: string, hostnames: readonly string[], backend: JsonObject): JsonObject {
  return resource(gatewayApi, "HTTPRoute", name, {
    parentRefs: [{ name: gateway, sectionName: listener }],
    ...(hostnames.length === 0 ? {} : { hostnames }),
    rules: [{ backendRefs: [backend] }],
  });
}

/** Every processor by one name, over mutual TLS. */
function processorBackend(namespace: string): JsonObject {
  return resource(egApi, "Backend", "sallyport-processor", {
    endpoints: [
      { fqdn: { hostname: `sallyport-each.${namespace}.svc.cluster.local`, port: 9002 } },
    ],
    tls: {
      sni: "sallyport",
      caCertificateRefs: [{ group: "", kind: "Secret", name: "sallyport-envoy-tls" }],
      clientCertificateRef: { name: "sallyport-envoy-tls" },
    },
  });
}

function extensionPolicy(connections: readonly ConnectionConfig[]): JsonObject {
  const request = ["xds.route_name", "source.address"];
  const many = 100_000;
  return resource(egApi, "EnvoyExtensionPolicy", policy, {
    targetRefs: routeRefs(connections),
    extProc: [
      {
        backendRefs: [{ ...eg, kind: "Backend", name: "sallyport-processor", port: 9002 }],
        failOpen: false,
        statusOnError: 503,
        messageTimeout: "10s",
        processingMode: {
          request: { body: "FullDuplexStreamed", attributes: request },
          response: {
            body: "FullDuplexStreamed",
            attributes: [...request, "request.method", "request.path"],
          },
        },
        metadata: { writableNamespaces: ["sallyport"] },
        backendSettings: {
          circuitBreaker: {
            maxConnections: many,
            maxPendingRequests: many,
            maxParallelRequests: many,
            maxParallelRetries: 10_000,
          },
          loadBalancer: { type: "LeastRequest" },
          healthCheck: {
            panicThreshold: 0,
            active: {
              type: "GRPC",
              timeout: "2s",
              interval: "2s",
              unhealthyThreshold: 2,
              healthyThreshold: 1,
              grpc: { service: "envoy.service.ext_proc.v3.ExternalProcessor" },
            },
          },
        },
      },
    ],
  });
}

/** Parked requests are open streams at the gateway, but none at the upstream yet. */
function trafficPolicy(connections: readonly ConnectionConfig[]): JsonObject {
  const many = 100_000;
  return resource(egApi, "BackendTrafficPolicy", policy, {
    targetRefs: routeRefs(connections),
    circuitBreaker: {
      maxConnections: many,
      maxPendingRequests: many,
      maxParallelRequests: many,
    },
    timeout: { tcp: { connectTimeout: "5s" }, http: { connectionIdleTimeout: "60s" } },
  });
}

function routeRefs(connections: readonly ConnectionConfig[]): readonly Json[] {
  const group = "gateway.networking.k8s.io";
  return connections.map(({ name }) => ({ group, kind: "HTTPRoute", name }));
}

/**
 * What Envoy Gateway has no word for: each field of the connection manager, the filters, the virtual hosts, and how HTTP/2
 * is spoken with the processors.
 */
function patches(
  connections: readonly ConnectionConfig[],
  bootstrap: JsonObject,
  namespace: string,
): readonly Json[] {
  const names = new Map([
    [processorCluster, `envoyextensionpolicy/${namespace}/${policy}/extproc/0`],
    [apiCluster, `httproute/${namespace}/api/rule/0`],
    ...connections.map(
      ({ name }) => [upstreamCluster(name), `httproute/${namespace}/${name}/rule/0`] as const,
    ),
    [extProc, `${extProc}/envoyextensionpolicy/${namespace}/${policy}/extproc/0`],
  ]);
  const { "@type": _, route_config, stat_prefix, tracing, ...manager } = managerOf(bootstrap);
  const { virtual_hosts } = route_config as JsonObject;
  const name = `${namespace}/${gateway}/${listener}`;
  const at = "/filter_chains/0/filters/0/typed_config";
  const patch = (kind: string, of: string, path: string, value: Json): Json => ({
    type: `type.googleapis.com/envoy.config.${kind}`,
    name: names.get(of) ?? of,
    operation: { op: "add", path, value: renamed(value, names) },
  });
  return [
    ...Object.entries(manager).map(([field, value]) =>
      patch("listener.v3.Listener", name, `${at}/${field}`, value),
    ),
    patch("route.v3.RouteConfiguration", name, "/virtual_hosts", virtual_hosts ?? []),
    patch("cluster.v3.Cluster", processorCluster, http2Path, processorHttp2),
  ];
}

const http2Path = `/typed_extension_protocol_options/${HTTP_OPTIONS}/explicit_http_config/http2_protocol_options`;

/** The connection manager of the reverse proxy. */
function managerOf(bootstrap: JsonObject): JsonObject {
  interface Proxy {
    readonly filter_chains: readonly {
      readonly filters: readonly { typed_config: JsonObject }[];
    }[];
  }
  const { listeners } = bootstrap["static_resources"] as unknown as { listeners: readonly Proxy[] };
  return listeners[0]?.filter_chains[0]?.filters[0]?.typed_config ?? {};
}

/** The same value with other names for clusters and for the filter, also where they are the names of fields. */
function renamed(value: Json, names: ReadonlyMap<string, string>): Json {
  if (typeof value === "string") return names.get(value) ?? value;
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((one: Json) => renamed(one, names));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [names.get(name) ?? name, renamed(inner, names)]),
  );
}

function resource(apiVersion: string, kind: string, name: string, spec: JsonObject): JsonObject {
  return { apiVersion, kind, metadata: { name }, spec };
}
