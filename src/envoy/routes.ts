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
    routes: [...own, ...mounts.filter(({ by }) => by === "path").map(connectionRoute), nowhere],
  };
  return [...byHost, layout];
}

/** Sallyport's own: each authenticates and records for itself, and nothing of it goes upstream. */
const own: readonly JsonObject[] = [
  toApi("exchange", { prefix: "/oauth2/" }),
  toApi("hooks", { safe_regex: { regex: "/hooks/(slack|github)" } }),
  toApi("approvals", { safe_regex: { regex: "/api/v1/approvals(/[^/]+(/[a-z]+)?)?" } }, "0s"),
  // The console, page by page: everything else on this host is the connections'.
  toApi("console", {
    safe_regex: {
      regex: "/(inbox\\.json|history|sign-in(/[a-z]+)?|sign-out|console\\.(css|js)|icon\\.svg)?",
    },
  }),
  toApi("console_approval", { safe_regex: { regex: "/approvals(/apr_[^/]+(/[a-z]+)?)?" } }),
  toApi("console_events", { path: "/events" }, "0s"),
];

function toApi(name: string, match: JsonObject, timeout = "30s"): JsonObject {
  return {
    name,
    match,
    route: { cluster: apiCluster, timeout },
    typed_per_filter_config: unguarded,
  };
}

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
