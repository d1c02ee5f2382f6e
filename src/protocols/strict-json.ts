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

/** `text` is valid JSON: only its structure is left to walk. */
function repeatsName(text: string, foldCase: boolean): boolean {
  const open: (Set<string> | undefined)[] = [];
  let string = "";
  for (let at = 0; at < text.length; at += 1) {
    const found = text.charCodeAt(at);
    if (found === quote) {
      const end = endOfString(text, at);
      string = text.slice(at, end + 1);
      at = end;
    } else if (found === colon && isRepeat(open[open.length - 1], string, foldCase)) return true;
    else nest(open, found);
  }
  return false;
}

const [quote, colon, backslash] = [0x22, 0x3a, 0x5c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Where the string that begins at `start` ends. By search, not by a pattern: a string may be megabytes long. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

function nest(open: (Set<string> | undefined)[], bracket: number): void {
  if (bracket === openBrace) open.push(new Set());
  if (bracket === openBracket) open.push(undefined);
  if (bracket === closeBrace || bracket === closeBracket) open.pop();
}

function isRepeat(names: Set<string> | undefined, quoted: string, foldCase: boolean): boolean {
  const name = JSON.parse(quoted) as string;
  const key = foldCase ? name.toLowerCase() : name;
  if (names === undefined || names.has(key) || name === "__proto__") return true;
  names.add(key);
  return false;
}
