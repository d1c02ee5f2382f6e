import { Recent } from "../../base/recent.ts";

/** A value that JSON can carry; an absent member and one that is `undefined` are the same. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

/**
 * The one spelling of a JSON value (RFC 8785): members in order of their UTF-16 code units, no white space,
 * numbers as ECMAScript writes them. Throws a TypeError for what has no such spelling: NaN, infinities, lone surrogates.
 */
export function canonical(value: Json): string {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) throw new TypeError("a lone surrogate has no canonical form");
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) throw new TypeError("a number without a canonical form");
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (isList(value)) return `[${value.map(canonical).join(",")}]`;
      return canonicalObject(value);
    default:
      throw new TypeError(`no canonical form for a ${typeof value}`);
  }
}

function canonicalObject(value: JsonObject): string {
  const names = Object.keys(value);
  if (!isSorted(names)) names.sort();
  let text = "";
  for (const name of names) {
    const member = value[name];
    if (member === undefined) continue;
    text += `${text === "" ? "{" : ","}${spelled(name)}${canonical(member)}`;
  }
  return text === "" ? "{}" : `${text}}`;
}

/** In order of UTF-16 code units, as `<` and `sort` have it. */
function isSorted(names: readonly string[]): boolean {
  for (let at = 1; at < names.length; at++)
    if ((names[at - 1] as string) > (names[at] as string)) return false;
  return true;
}

/** Names that were met, spelled, with their colon: records have the same again and again. */
const spellings = new Recent<string>(1024, 64);

function spelled(name: string): string {
  return spellings.take(name, spell);
}

function spell(name: string): string {
  return `${canonical(name)}:`;
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
