/** A body, read: JSON where it is that, else its text. */
export interface Content {
  readonly kind: "json" | "text";
  readonly value: unknown;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });
/** Many rules may look into one body, which is read once and forgotten with it. */
const known = new WeakMap<Uint8Array, Content | "unreadable">();

/** Reads a body; undefined where it is not UTF-8. */
export function readContent(body: Uint8Array): Content | undefined {
  const content = known.get(body) ?? read(body) ?? "unreadable";
  known.set(body, content);
  return content === "unreadable" ? undefined : content;
}

function read(body: Uint8Array): Content | undefined {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    return undefined;
  }
  try {
    return { kind: "json", value: JSON.parse(text) as unknown };
  } catch {
    return { kind: "text", value: text };
  }
}

/** What a JSON pointer (RFC 6901) points to; undefined where that is nothing. */
export function pointTo(value: unknown, pointer: string): unknown {
  let current = value;
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key))
      return undefined;
    if (Array.isArray(current) && !/^(0|[1-9][0-9]*)$/.test(key)) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return current;
}

/** Every text in a value, names of members included, with its escapes undone. Never recurses: bodies may nest deep. */
export function texts(value: unknown): readonly string[] {
  const found: string[] = [];
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === "object") for (const member of members(next)) open.push(member);
    else found.push(String(next));
  }
  return found;
}

function members(value: object | null): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return Object.entries(value ?? {}).flatMap(([name, member]: [string, unknown]) => [name, member]);
}
