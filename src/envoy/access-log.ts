import { extension, type JsonObject } from "./typed.ts";

/**
 * One line of JSON per request, by which operators find its record; `to` is `stdout` or a file. What a client sends as a
 * header is not in it, nor the query: either may hold a credential.
 */
export function accessLog(to: string | undefined): JsonObject {
  if (to === undefined) return {};
  const log_format = { json_format: fields, omit_empty_values: true };
  const log =
    to === "stdout"
      ? extension(
          "envoy.access_loggers.stdout",
          "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
          { log_format },
        )
      : extension(
          "envoy.access_loggers.file",
          "envoy.extensions.access_loggers.file.v3.FileAccessLog",
          { path: to, log_format },
        );
  return { access_log: [log] };
}

const fields = {
  time: "%START_TIME%",
  method: "%REQ(:METHOD)%",
  path: "%PATH(NQ)%",
  host: "%REQ(:AUTHORITY)%",
  route: "%ROUTE_NAME%",
  status: "%RESPONSE_CODE%",
  details: "%RESPONSE_CODE_DETAILS%",
  flags: "%RESPONSE_FLAGS%",
  received: "%BYTES_RECEIVED%",
  sent: "%BYTES_SENT%",
  milliseconds: "%DURATION%",
  upstream: "%UPSTREAM_CLUSTER%",
  source: "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
  record: "%RESP(X-SALLYPORT-RECORD)%",
  case: "%RESP(X-GITHUB-REQUEST-ID)%",
};
