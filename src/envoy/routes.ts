import type { Mount } from "../core/mount.ts";
import { apiCluster, fullDuplex, unguarded } from "./filters.ts";
import type { Json, JsonObject } from "./typed.ts";

/** How long a parked request may stay silent before Envoy gives up: past any hold that a rule can order (1 h). */
const LONGEST_HOLD_SECONDS = 5_400;

/** What the upstream has no business to see. */
const hidden = [
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-request-id",
  "x-envoy-external-address",
  "x-envoy-internal",
  "traceparent",
  "tracestate",
  "baggage",
  "forwarded",
];

export function upstreamCluster(connection: string): string {
  return `upstream_${connection}`;
}

/** One virtual host per connection, and one for the GitHub Enterprise layout on any other host. */
export function virtualHosts(mounts: readonly Mount[]): readonly Json[] {
  const byHost = mounts
    .filter(({ by }) => by === "host")
    .map((mount) => ({
      name: mount.connection.name,
      domains: mount.connection.hosts.flatMap((host) => [host, `${host}:*`]),
      request_headers_to_remove: hidden,
      routes: [connectionRoute(mount)],
    }));
  const layout = {
    name: "layout",
    domains: ["*"],
    request_headers_to_remove: hidden,
    routes: [exchange, ...mounts.filter(({ by }) => by === "path").map(connectionRoute), nowhere],
  };
  return [...byHost, layout];
}

/** Sallyport's own token exchange: it authenticates and records for itself, and nothing of it goes upstream. */
const exchange: JsonObject = {
  name: "exchange",
  match: { prefix: "/oauth2/" },
  route: { cluster: apiCluster, timeout: "30s" },
  typed_per_filter_config: unguarded,
};

/** Nothing answers here; the processor sees the request all the same, so that it is recorded. */
const nowhere: JsonObject = {
  name: "nowhere",
  match: { prefix: "/" },
  direct_response: { status: 404 },
  typed_per_filter_config: fullDuplex,
};

function connectionRoute({ route, connection, match, rewrite }: Mount): JsonObject {
  return {
    name: route,
    match: "regex" in match ? { safe_regex: match } : { ...match },
    route: {
      cluster: upstreamCluster(connection.name),
      host_rewrite_literal: connection.upstream.host,
      timeout: "0s",
      idle_timeout: `${LONGEST_HOLD_SECONDS}s`,
      ...(rewrite === undefined ? {} : rewriteOf(match, rewrite)),
    },
    typed_per_filter_config: fullDuplex,
  };
}

function rewriteOf(match: Mount["match"], rewrite: string): JsonObject {
  return "prefix" in match || "path" in match ? { prefix_rewrite: rewrite } : {};
}
