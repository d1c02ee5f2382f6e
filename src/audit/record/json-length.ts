import type { Json, JsonObject } from "./canonical.ts";
import { isPlain } from "./plain.ts";

/** How many characters `JSON.stringify` makes of a value, most of which it need not make for that. */
export function jsonLength(value: Json): number {
  switch (typeof value) {
    case "string":
      return isWhollyPlain(value) ? value.length + 2 : JSON.stringify(value).length;
    case "object":
      if (value === null) return 4;
      return Array.isArray(value) ? lengthOfList(value) : lengthOfObject(value as JsonObject);
    default:
      return JSON.stringify(value).length;
  }
}

function lengthOfList(values: readonly Json[]): number {
  let length = 2 + Math.max(values.length - 1, 0);
  for (const value of values) length += jsonLength(value);
  return length;
}

function lengthOfObject(value: JsonObject): number {
  let length = 1;
  for (const name of Object.keys(value)) {
    const member = value[name];
    // With a colon, and a comma or the brace at the end.
    if (member !== undefined) length += jsonLength(name) + jsonLength(member) + 2;
  }
  return Math.max(length, 2);
}

/** Whether every character stands for itself. */
function isWhollyPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (!isPlain(text.charCodeAt(at))) return false;
  return true;
}
