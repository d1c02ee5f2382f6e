import { firstMarked, zeroBytes } from "../base/zero-bytes.ts";
import { codeUnit, escapeKinds } from "./json-edit-string.ts";

const quote = 0x22;
const backslash = 0x5c;
const letterU = 0x75;
/** Longer strings with escapes are read piece by piece, in bytes. */
const longest = 256 * 1024;

/** Where texts without their escapes are put: the latest is valid until the next is read. */
const scratch = new Uint8Array(longest);
const scratchWords = new DataView(scratch.buffer);

/** A JSON string that is whole in a chunk. */
export interface WholeString {
  /** What it stands for, in UTF-8; valid until the next is read. */
  readonly text: Uint8Array;
  /** Offset of the quote that ends it. */
  readonly end: number;
}

/** Offset of the quote or the backslash that comes first, or the chunk's length. */
export function plainUpTo(chunk: Uint8Array, from: number): number {
  const length = chunk.length;
  let at = from;
  while (at < length && chunk[at] !== quote && chunk[at] !== backslash) at++;
  return at;
}

/** Reads a string from behind its quote; nothing if it does not end in this chunk, or is not worth a quick look. */
export function wholeString(chunk: Uint8Array, from: number): WholeString | undefined {
  const first = plainUpTo(chunk, from);
  if (first === chunk.length || first - from > longest) return undefined;
  if (chunk[first] === quote) return { text: chunk.subarray(from, first), end: first };
  scratch.set(chunk.subarray(from, first));
  return unescaped(chunk.subarray(0, from + longest), first, first - from);
}

/** Reads on from the first escape, with that much of the text in the scratch. */
function unescaped(chunk: Uint8Array, first: number, written: number): WholeString | undefined {
  const words = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
  let to = written;
  let at = first;
  for (;;) {
    const plain = copyPlain(chunk, words, at, to);
    at += plain;
    to += plain;
    if (at >= chunk.length) return undefined;
    if (chunk[at] === quote) return { text: scratch.subarray(0, to), end: at };
    const width = escapeWidth(chunk, at);
    if (width === 0) return undefined;
    to = undo(chunk, at, width, to);
    at += width;
  }
}

/** Puts what comes before the next quote or backslash into the scratch, four bytes at a time; gives how much that is. */
function copyPlain(chunk: Uint8Array, words: DataView, from: number, to: number): number {
  const offset = to - from;
  let at = from;
  for (const last = chunk.length - 4; at <= last; at += 4) {
    const word = words.getInt32(at, true);
    scratchWords.setInt32(at + offset, word, true);
    const marked = zeroBytes(word ^ 0x22222222) | zeroBytes(word ^ 0x5c5c5c5c);
    if (marked !== 0) return at - from + firstMarked(marked);
  }
  for (; at < chunk.length; at++) {
    const byte = chunk[at] as number;
    if (byte === quote || byte === backslash) break;
    scratch[at + offset] = byte;
  }
  return at - from;
}

/** Puts what an escape stands for into the scratch; gives the offset after it. */
function undo(chunk: Uint8Array, at: number, width: number, to: number): number {
  if (width > 2) return encode(width === 12 ? pair(chunk, at) : codeUnit(chunk, at + 2), to);
  scratch[to] = escapeKinds[chunk[at + 1] as number] as number;
  return to + 1;
}

/** How long the escape is, with the one that completes the character; 0 if that cannot be seen here. */
function escapeWidth(chunk: Uint8Array, at: number): number {
  if (at + 1 >= chunk.length) return 0;
  if (chunk[at + 1] !== letterU) return 2;
  if (!isUnit(chunk, at)) return 0;
  const unit = codeUnit(chunk, at + 2);
  if (unit < 0xd800 || unit > 0xdbff) return 6;
  // Half a character: what belongs to it must be in sight.
  if (!isUnit(chunk, at + 6)) return 0;
  const second = codeUnit(chunk, at + 8);
  return second >= 0xdc00 && second <= 0xdfff ? 12 : 0;
}

function isUnit(chunk: Uint8Array, at: number): boolean {
  if (chunk[at] !== backslash || chunk[at + 1] !== letterU || at + 6 > chunk.length) return false;
  for (let digit = at + 2; digit < at + 6; digit++)
    if (!isHex(chunk[digit] as number)) return false;
  return true;
}

function isHex(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102);
}

function pair(chunk: Uint8Array, at: number): number {
  const high = codeUnit(chunk, at + 2) - 0xd800;
  return 0x10000 + high * 0x400 + codeUnit(chunk, at + 8) - 0xdc00;
}

/** Puts a code point, or half a character, into the scratch as UTF-8 has it; gives the offset after it. */
function encode(code: number, offset: number): number {
  let to = offset;
  if (code < 0x80) {
    scratch[to++] = code;
    return to;
  }
  if (code < 0x800) scratch[to++] = 0xc0 | (code >> 6);
  else {
    if (code < 0x10000) scratch[to++] = 0xe0 | (code >> 12);
    else {
      scratch[to++] = 0xf0 | (code >> 18);
      scratch[to++] = 0x80 | ((code >> 12) & 0x3f);
    }
    scratch[to++] = 0x80 | ((code >> 6) & 0x3f);
  }
  scratch[to++] = 0x80 | (code & 0x3f);
  return to;
}
