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
  let text = "{";
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member === undefined) continue;
    const comma = text.length > 1 ? "," : "";
    text += `${comma}${canonical(name)}:${canonical(member)}`;
  }
  return `${text}}`;
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
