import { err, ok, type Result } from "../base/result.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export interface JsonRules {
  /** Go's decoder matches field names without case, so for such a reader `Method` repeats `method`. */
  readonly foldCase?: boolean;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads JSON (RFC 8259) that every reader must understand alike: valid UTF-8, no name twice in one object,
 * no `__proto__`. Whatever two parsers could read differently is refused.
 */
export function readJson(body: Uint8Array, rules: JsonRules = {}): Result<unknown> {
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(body);
    value = JSON.parse(text);
  } catch {
    return err("the body is not valid JSON");
  }
  return repeatsName(text, rules.foldCase ?? false)
    ? err("the body names one JSON member twice")
    : ok(value);
}

/** As `readJson`, for a body that must be an object. */
export function readObject(body: Uint8Array, rules: JsonRules = {}): Result<JsonObject> {
  const value = readJson(body, rules);
  if (!value.ok) return value;
  return isObject(value.value) ? ok(value.value) : err("the body is not a JSON object");
}

const token = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gs;

/** `text` is valid JSON: only its structure is left to walk. */
function repeatsName(text: string, foldCase: boolean): boolean {
  const open: (Set<string> | undefined)[] = [];
  let string = "";
  for (const [found] of text.matchAll(token)) {
    if (found.startsWith('"')) string = found;
    else if (found === ":" && isRepeat(open.at(-1), string, foldCase)) return true;
    else nest(open, found);
  }
  return false;
}

function nest(open: (Set<string> | undefined)[], bracket: string): void {
  if (bracket === "{") open.push(new Set());
  if (bracket === "[") open.push(undefined);
  if (bracket === "}" || bracket === "]") open.pop();
}

function isRepeat(names: Set<string> | undefined, quoted: string, foldCase: boolean): boolean {
  const name = JSON.parse(quoted) as string;
  const key = foldCase ? name.toLowerCase() : name;
  if (names === undefined || names.has(key) || name === "__proto__") return true;
  names.add(key);
  return false;
}
