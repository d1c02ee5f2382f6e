import type { Entry, Opened } from "./entry.ts";

/** What many exchanges begin with alike: one object for all of them, spelled out once. */
const shared: ReadonlySet<string> = new Set<keyof Opened>(["principal", "connection"]);
const known = new WeakMap<object, string>();

/** An entry as a line of JSON. */
export function spelled(entry: Entry): string {
  return entry.k === "open" ? spelledOpen(entry) : JSON.stringify(entry);
}

function spelledOpen(entry: Extract<Entry, { k: "open" }>): string {
  const members: string[] = [];
  for (const name in entry) {
    const value: unknown = entry[name as keyof typeof entry];
    if (value === undefined) continue;
    const text = shared.has(name) ? once(value as object) : JSON.stringify(value);
    members.push(`"${name}":${text}`);
  }
  // Added with `+` they would be kept side by side, and joined anew where they are written.
  return `{${members.join(",")}}`;
}

function once(value: object): string {
  const text = known.get(value) ?? JSON.stringify(value);
  known.set(value, text);
  return text;
}
