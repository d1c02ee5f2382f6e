import type { Json, JsonObject } from "./typed.ts";

/** Envoy's bootstrap, and what it reads from files as they change: one `DiscoveryResponse` each. */
export interface FilesystemXds {
  readonly bootstrap: JsonObject;
  readonly listeners: JsonObject;
  readonly clusters: JsonObject;
}

/** Where those files are when Envoy reads them. */
export interface XdsPaths {
  readonly listeners: string;
  readonly clusters: string;
}

/** Takes a static bootstrap apart, so that connections and tunnels may change while Envoy runs (filesystem xDS, v3). */
export function filesystemXds(whole: JsonObject, paths: XdsPaths): FilesystemXds {
  const { static_resources, ...rest } = whole;
  const { listeners, clusters } = static_resources as Readonly<Record<string, readonly Json[]>>;
  return {
    bootstrap: {
      // Envoy asks for a name before it takes anything dynamic.
      node: { id: "sallyport-envoy", cluster: "sallyport" },
      ...rest,
      dynamic_resources: {
        cds_config: source(paths.clusters),
        lds_config: source(paths.listeners),
      },
    },
    listeners: response("envoy.config.listener.v3.Listener", listeners ?? []),
    clusters: response("envoy.config.cluster.v3.Cluster", clusters ?? []),
  };
}

function source(path: string): JsonObject {
  return { resource_api_version: "V3", path_config_source: { path } };
}

function response(type: string, resources: readonly Json[]): JsonObject {
  const url = `type.googleapis.com/${type}`;
  return { resources: resources.map((one) => ({ "@type": url, ...(one as JsonObject) })) };
}
