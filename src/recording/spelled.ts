import type { Entry } from "./entry.ts";

/** What many exchanges begin with alike: one object for all of them, spelled out once. */
const known = new WeakMap<object, string>();
/** Within a string of JSON its quotes have backslashes: no other text can be taken for it. */
const place = '"principal":0,"connection":0';

/** An entry as a line of JSON. */
export function spelled(entry: Entry): string {
  return entry.k === "open" ? spelledOpen(entry) : JSON.stringify(entry);
}

function spelledOpen(entry: Extract<Entry, { k: "open" }>): string {
  const { principal, connection } = entry;
  const line = JSON.stringify({ ...entry, principal: 0, connection: 0 });
  const at = line.indexOf(place);
  const parts = [line.slice(0, at), '"principal":', once(principal)];
  parts.push(',"connection":', once(connection), line.slice(at + place.length));
  // Added with `+` they would be kept side by side, and joined anew where they are written.
  return parts.join("");
}

function once(value: object): string {
  const text = known.get(value) ?? JSON.stringify(value);
  known.set(value, text);
  return text;
}
