import { seenTraceparent } from "./tracing.ts";
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

/** For routes to Sallyport itself: neither the processor nor the latch concern them. */
export const unguarded: JsonObject = {
  "envoy.filters.http.ext_proc": typed(`${EXT_PROC}.ExtProcPerRoute`, { disabled: true }),
  sallyport_latch: typed("envoy.extensions.filters.http.rbac.v3.RBACPerRoute"),
};

/**
 * strip spoofable headers → ext_proc → latch → router. Who asks is the processor's to say, of every kind of token: a
 * second judge with keys of its own would refuse what a rotated key has signed.
 */
export function httpFilters(): readonly Json[] {
  return [stripSpoofable, ...guards()];
}

/** The same inside a CONNECT, where the identity that was shown on the CONNECT is put into each request. */
export function innerFilters(): readonly Json[] {
  return [stripSpoofable, carriedIdentity, ...guards()];
}

/** For CONNECT itself: the processor lets the head pass or answers; what moves in the tunnel is not HTTP here. */
export function connectFilters(): readonly Json[] {
  return [stripSpoofable, extProc("SKIP"), latch, carryIdentity, router()];
}

function guards(): readonly Json[] {
  return [extProc("SEND"), latch, router({ suppress_envoy_headers: true })];
}

function router(fields: JsonObject = {}): Json {
  return extension(
    "envoy.filters.http.router",
    "envoy.extensions.filters.http.router.v3.Router",
    fields,
  );
}

const proxyIdentity = "sallyport.proxy_authorization";

/** From the CONNECT to the listener inside: in Envoy's memory alone, where no client can write. */
const carryIdentity = extension(
  "carry_identity",
  "envoy.extensions.filters.http.set_filter_state.v3.Config",
  {
    on_request_headers: [
      {
        object_key: proxyIdentity,
        factory_key: "envoy.string",
        format_string: {
          text_format_source: { inline_string: "%REQ(PROXY-AUTHORIZATION)%" },
          omit_empty_values: true,
        },
        skip_if_empty: true,
        read_only: true,
        shared_with_upstream: "ONCE",
      },
    ],
  },
);

/** What a client writes there inside a tunnel speaks of another proxy, if of anything. */
const carriedIdentity = extension(
  "carried_identity",
  "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
  {
    mutations: {
      request_mutations: [
        { remove: "proxy-authorization" },
        {
          append: {
            header: { key: "proxy-authorization", value: `%FILTER_STATE(${proxyIdentity}:PLAIN)%` },
            append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
          },
        },
      ],
    },
  },
);

/** What only the gateway may say about a request. */
const stripSpoofable = extension(
  "strip_spoofable",
  "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
  {
    mutations: {
      request_mutations: [
        seenTraceparent,
        { remove_on_match: { key_matcher: { prefix: "x-sallyport-" } } },
        { remove: "x-forwarded-client-cert" },
      ],
    },
  },
);

/**
 * A processor that ends before it has answered a thing has let nothing through: the request, as far as it was kept
 * (64 KiB), is told to another from the beginning. One that has answered is never replaced.
 */
const anotherProcessor = {
  retry_on: "connect-failure,refused-stream,reset,unavailable",
  num_retries: 3,
  retry_back_off: { base_interval: "0.1s", max_interval: "2s" },
  retry_host_predicate: [
    extension(
      "envoy.retry_host_predicates.previous_hosts",
      "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
    ),
  ],
  host_selection_retry_max_attempts: 5,
};

function extProc(response_header_mode: "SEND" | "SKIP"): Json {
  return extension("envoy.filters.http.ext_proc", `${EXT_PROC}.ExternalProcessor`, {
    grpc_service: {
      envoy_grpc: { cluster_name: processorCluster },
      retry_policy: anotherProcessor,
    },
    failure_mode_allow: false,
    status_on_error: { code: "ServiceUnavailable" },
    // Every route to an upstream is full duplex, and that has no timer; this is for CONNECT, and for what finds no route.
    message_timeout: seconds(10),
    allow_mode_override: false,
    route_cache_action: "RETAIN",
    processing_mode: {
      request_header_mode: "SEND",
      request_body_mode: "NONE",
      request_trailer_mode: "SKIP",
      response_header_mode,
      response_body_mode: "NONE",
      response_trailer_mode: "SKIP",
    },
    mutation_rules: {
      disallow_expression: { regex: "^(:.*|host|x-envoy-.*)$" },
      disallow_is_error: true,
    },
    request_attributes: ["xds.route_name", "source.address"],
    // For answers of Envoy's own, whose request never reaches the processor.
    ...(response_header_mode === "SKIP"
      ? {}
      : {
          response_attributes: [
            "xds.route_name",
            "source.address",
            "request.method",
            "request.path",
          ],
        }),
    metadata_options: { receiving_namespaces: { untyped: ["sallyport"] } },
  });
}

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
