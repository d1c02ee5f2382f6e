import type { JsonPath } from "../../http/json-edit.ts";

/** A member of an object, or an element of a list; nothing where there is none. */
export function member(value: unknown, name: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string | number, unknown>>)[name];
}

/** What a path leads to. */
export function at(value: unknown, path: JsonPath): unknown {
  return path.reduce(member, value);
}

/** The kind of event, for those who count: `sse:content_block_delta`, `sse:chat.completion.chunk`. */
export function kindOf(event: unknown): string {
  const type = member(event, "type") ?? member(event, "object") ?? member(event, "jsonrpc");
  if (type === "2.0") return "sse:json-rpc";
  return typeof type === "string" && /^[a-z_.]{1,64}$/.test(type) ? `sse:${type}` : "sse:other";
}

/** The number by which the Responses API counts its events. */
export function sequenceNumber(event: unknown): number | undefined {
  const number = member(event, "sequence_number");
  return typeof number === "number" ? number : undefined;
}
