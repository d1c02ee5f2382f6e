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

/** The number by which the Responses API counts its events. */
export function sequenceNumber(event: unknown): number | undefined {
  const number = member(event, "sequence_number");
  return typeof number === "number" ? number : undefined;
}
