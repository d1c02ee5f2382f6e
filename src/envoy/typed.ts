/** A JSON value as Envoy's bootstrap takes it (proto3 JSON, snake_case names). */
export type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

const prefix = "type.googleapis.com/";

/** A message behind an `Any`: the type's full name, then its fields. */
export function typed(type: string, fields: JsonObject = {}): JsonObject {
  return { "@type": prefix + type, ...fields };
}

/** A named extension with its typed config. */
export function extension(name: string, type: string, fields: JsonObject = {}): JsonObject {
  return { name, typed_config: typed(type, fields) };
}

/** An `Address` of a listener or an endpoint. */
export function socketAddress(host: string, port: number): JsonObject {
  return { socket_address: { address: host.replace(/^\[|\]$/g, ""), port_value: port } };
}

export function pipeAddress(path: string): JsonObject {
  return { pipe: { path } };
}

/** Seconds as proto3 JSON writes a `Duration`. */
export function seconds(count: number): string {
  return `${count}s`;
}
