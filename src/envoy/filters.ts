import type { IssuerConfig } from "../config/schema.ts";
import { extension, type Json, type JsonObject, seconds, typed } from "./typed.ts";

const EXT_PROC = "envoy.extensions.filters.http.ext_proc.v3";
export const processorCluster = "sallyport_processor";
export const apiCluster = "sallyport_api";

/** Both bodies through the processor, trailers too (without them a full-duplex route hangs). For connection routes. */
export const fullDuplex: JsonObject = {
  "envoy.filters.http.ext_proc": {
    "@type": `type.googleapis.com/${EXT_PROC}.ExtProcPerRoute`,
    overrides: {
      processing_mode: {
        request_header_mode: "SEND",
        request_body_mode: "FULL_DUPLEX_STREAMED",
        request_trailer_mode: "SEND",
        response_header_mode: "SEND",
        response_body_mode: "FULL_DUPLEX_STREAMED",
        response_trailer_mode: "SEND",
      },
    },
  },
};

/** For routes to Sallyport itself: neither tokens nor the processor nor the latch concern them. */
export const unguarded: JsonObject = {
  "envoy.filters.http.jwt_authn": typed(
    "envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig",
    { disabled: true },
  ),
  "envoy.filters.http.ext_proc": typed(`${EXT_PROC}.ExtProcPerRoute`, { disabled: true }),
  sallyport_latch: typed("envoy.extensions.filters.http.rbac.v3.RBACPerRoute"),
};

/** strip spoofable headers → jwt_authn → ext_proc → latch → router. */
export function httpFilters(issuers: readonly IssuerConfig[]): readonly Json[] {
  return [
    stripSpoofable,
    ...(issuers.length === 0 ? [] : [jwtAuthn(issuers)]),
    extProc,
    latch,
    extension("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router", {
      suppress_envoy_headers: true,
    }),
  ];
}

/** What only the gateway may say about a request. */
const stripSpoofable = extension(
  "strip_spoofable",
  "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
  {
    mutations: {
      request_mutations: [
        { remove_on_match: { key_matcher: { prefix: "x-sallyport-" } } },
        { remove: "x-forwarded-client-cert" },
      ],
    },
  },
);

/**
 * Raw id tokens are verified here and once more in the processor; session tokens and Basic are the processor's alone.
 * Keys come from Sallyport's API, which discovers, caches and rotates them for both.
 */
function jwtAuthn(issuers: readonly IssuerConfig[]): JsonObject {
  const names = issuers.map(({ name }) => ({ provider_name: name }));
  const [first] = names;
  const requires =
    names.length === 1 && first !== undefined ? first : { requires_any: { requirements: names } };
  return extension(
    "envoy.filters.http.jwt_authn",
    "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
    {
      providers: Object.fromEntries(issuers.map((issuer) => [issuer.name, provider(issuer)])),
      rules: [
        {
          match: {
            prefix: "/",
            headers: [
              {
                name: "authorization",
                string_match: { safe_regex: { regex: "(?i)(bearer|token)\\s+ey.*" } },
              },
            ],
          },
          requires,
        },
      ],
    },
  );
}

/** The audience is the processor's to check: Envoy would answer 403 to a wrong one, and that is a 401. */
function provider({ name, issuer }: IssuerConfig): JsonObject {
  return {
    issuer,
    require_expiration: true,
    forward: true,
    from_headers: ["Bearer ", "bearer ", "token ", "Token "].map((value_prefix) => ({
      name: "authorization",
      value_prefix,
    })),
    jwt_cache_config: { jwt_cache_size: 1000, jwt_max_token_size: 8192 },
    remote_jwks: {
      http_uri: {
        uri: `http://sallyport/.well-known/jwks/${name}`,
        cluster: apiCluster,
        timeout: seconds(5),
      },
      cache_duration: seconds(5),
      async_fetch: { fast_listener: true, failed_refetch_duration: seconds(1) },
    },
  };
}

const extProc = extension("envoy.filters.http.ext_proc", `${EXT_PROC}.ExternalProcessor`, {
  grpc_service: { envoy_grpc: { cluster_name: processorCluster } },
  failure_mode_allow: false,
  status_on_error: { code: "ServiceUnavailable" },
  // Every route is full duplex, and that has no timer; this is for what never finds a route.
  message_timeout: seconds(10),
  allow_mode_override: false,
  route_cache_action: "RETAIN",
  processing_mode: {
    request_header_mode: "SEND",
    request_body_mode: "NONE",
    request_trailer_mode: "SKIP",
    response_header_mode: "SEND",
    response_body_mode: "NONE",
    response_trailer_mode: "SKIP",
  },
  mutation_rules: {
    disallow_expression: { regex: "^(:.*|host|x-envoy-.*)$" },
    disallow_is_error: true,
  },
  request_attributes: ["xds.route_name", "source.address"],
  // For answers of Envoy's own, whose request never reaches the processor.
  response_attributes: ["xds.route_name", "source.address", "request.method", "request.path"],
  metadata_options: { receiving_namespaces: { untyped: ["sallyport"] } },
});

/** A request that the processor did not release (a clean end of its stream, a bypass) gets a 403 here. */
const latch = extension("sallyport_latch", "envoy.extensions.filters.http.rbac.v3.RBAC", {
  rules: {
    action: "ALLOW",
    policies: {
      released: {
        permissions: [{ any: true }],
        principals: [
          {
            sourced_metadata: {
              metadata_matcher: {
                filter: "sallyport",
                path: [{ key: "allow" }],
                value: { bool_match: true },
              },
            },
          },
        ],
      },
    },
  },
});
