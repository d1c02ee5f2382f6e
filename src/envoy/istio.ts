import type { Json, JsonObject } from "./typed.ts";

/**
 * The same Envoy as an `EnvoyFilter` for a gateway of Istio's: its listeners and clusters whole, and the runtime flag in its
 * bootstrap. Nothing of it is a VirtualService, so that the mesh's own two retries and route names never come in.
 */
export function istioFilter(bootstrap: JsonObject): JsonObject {
  const { layered_runtime, static_resources } = bootstrap;
  const { listeners, clusters } = static_resources as Readonly<Record<string, readonly Json[]>>;
  const merged = {
    applyTo: "BOOTSTRAP",
    patch: { operation: "MERGE", value: { layered_runtime } },
  };
  return {
    apiVersion: "networking.istio.io/v1alpha3",
    kind: "EnvoyFilter",
    metadata: { name: "sallyport" },
    spec: {
      workloadSelector: { labels: { istio: "sallyport-gateway" } },
      configPatches: [
        merged as JsonObject,
        ...(clusters ?? []).map((value) => added("CLUSTER", value)),
        ...(listeners ?? []).map((value) => added("LISTENER", value)),
      ],
    },
  };
}

function added(applyTo: "CLUSTER" | "LISTENER", value: Json): JsonObject {
  return { applyTo, match: { context: "GATEWAY" }, patch: { operation: "ADD", value } };
}
