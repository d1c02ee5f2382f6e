import { SpelledEdit, type Spelling } from "./encoding-spelled.ts";
import { concat, type Transform } from "./transform.ts";

const backslash = 0x5c;
const encoder = new TextEncoder();
const simpleEscapes: ReadonlyMap<number, number> = new Map([
  [0x62, 8],
  [0x66, 12],
  [0x6e, 10],
  [0x72, 13],
  [0x74, 9],
]);
const shortForms: ReadonlyMap<number, string> = new Map([
  [8, "\\b"],
  [12, "\\f"],
  [10, "\\n"],
  [13, "\\r"],
  [9, "\\t"],
  [0x22, '\\"'],
  [backslash, "\\\\"],
]);

/** What the byte after a backslash stands for; -1 where more bytes belong to the escape. */
export const escapeKinds = Int16Array.from({ length: 256 }, (_, byte) =>
  byte === 0x75 ? -1 : (simpleEscapes.get(byte) ?? byte),
);

/** The inside of a JSON string (RFC 8259 section 7). */
const jsonString: Spelling = {
  begins: Uint8Array.from({ length: 256 }, (_, byte) => (byte === backslash ? 1 : 0)),
  second: escapeKinds,
  continues,
  isWhole,
  textOf,
  spell: spellJson,
};

/** Edits the inside of a JSON string, without its quotes. */
export function editJsonString(transform: Transform): Transform {
  return new SpelledEdit(transform, jsonString);
}

/** Whether the byte can belong to this escape: `\n`, `\u00e9`, or a pair of surrogates as one. */
function continues(started: readonly number[], byte: number): boolean {
  const at = started.length;
  if (at === 0 || at === 6) return byte === backslash;
  if (at === 1) return true;
  if (at === 7) return byte === 0x75;
  return isHex(byte);
}

function isWhole(started: readonly number[]): boolean {
  if (started.length < 2) return false;
  if (started[1] !== 0x75) return true;
  if (started.length < 6) return false;
  return started.length === 12 || !isHighSurrogate(codeUnit(started, 2));
}

function isHex(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102);
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

/** The UTF-16 code unit that four hex digits say. */
export function codeUnit(bytes: ArrayLike<number>, from: number): number {
  let unit = 0;
  for (let at = from; at < from + 4; at++) unit = unit * 16 + hexDigit(bytes[at] ?? 48);
  return unit;
}

function hexDigit(byte: number): number {
  return byte <= 57 ? byte - 48 : (byte | 0x20) - 87;
}

/** What an escape stands for, in UTF-8; a lone surrogate in the three bytes that UTF-8 would have for it. */
function textOf(raw: Uint8Array): Uint8Array {
  const kind = raw[1];
  if (kind !== 0x75 || raw.length < 6) {
    if (kind === undefined || raw.length > 2) return raw;
    return Uint8Array.of(simpleEscapes.get(kind) ?? kind);
  }
  const first = codeUnit(raw, 2);
  if (raw.length < 12) return concat([unit(first), raw.subarray(6)]);
  const second = codeUnit(raw, 8);
  if (second < 0xdc00 || second > 0xdfff) return concat([unit(first), textOf(raw.subarray(6))]);
  return encoder.encode(String.fromCharCode(first, second));
}

function unit(code: number): Uint8Array {
  if (code < 0xd800 || code > 0xdfff) return encoder.encode(String.fromCharCode(code));
  return Uint8Array.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
}

/** Text as the inside of a JSON string, with the fewest escapes. */
export function spellJson(text: Uint8Array): Uint8Array {
  if (!text.some((byte, at) => needsEscape(byte) || isLoneSurrogate(text, at))) return text;
  const out: Uint8Array[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] ?? 0;
    const lone = isLoneSurrogate(text, at);
    if (!needsEscape(byte) && !lone) continue;
    out.push(text.subarray(from, at));
    out.push(encoder.encode(lone ? surrogateEscape(text, at) : asciiEscape(byte)));
    from = at + (lone ? 3 : 1);
  }
  out.push(text.subarray(from));
  return concat(out);
}

function needsEscape(byte: number): boolean {
  return byte < 0x20 || byte === 0x22 || byte === backslash;
}

function isLoneSurrogate(text: Uint8Array, at: number): boolean {
  return text[at] === 0xed && (text[at + 1] ?? 0) >= 0xa0 && (text[at + 1] ?? 0) <= 0xbf;
}

function asciiEscape(byte: number): string {
  return shortForms.get(byte) ?? `\\u${byte.toString(16).padStart(4, "0")}`;
}

function surrogateEscape(text: Uint8Array, at: number): string {
  const code = 0xd000 | (((text[at + 1] ?? 0) & 0x3f) << 6) | ((text[at + 2] ?? 0) & 0x3f);
  return `\\u${code.toString(16)}`;
}
