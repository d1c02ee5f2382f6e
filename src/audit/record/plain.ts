/** Writing JSON of plain characters into bytes that have room for it; each of these gives where it ends. */

/** A word of ASCII that stands for itself. */
export function writeWord(into: Uint8Array, from: number, word: string): number {
  for (let at = 0; at < word.length; at++) into[from + at] = word.charCodeAt(at);
  return from + word.length;
}

/** No number takes more. */
export const numberRoom = 32;

/** A finite number as ECMAScript writes it, and as JSON has it: without the sign of minus zero. */
export function writeNumber(into: Uint8Array, from: number, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) return writeWord(into, from, String(value));
  let end = from + 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end += 1;
  let rest = value;
  for (let at = end - 1; at >= from; at--) {
    const tens = Math.floor(rest / 10);
    into[at] = zero + (rest - tens * 10);
    rest = tens;
  }
  return end;
}

/** A loop takes fewer characters in less time than a call takes. */
const shortText = 32;

/** A string of which every character stands for itself, for which there must be room; -1 where one does not. */
export function writePlain(into: Buffer, from: number, text: string): number {
  const start = from + 1;
  const end = start + text.length;
  const fits =
    text.length < shortText ? writeShort(into, start, text) : writeLong(into, start, text);
  if (!fits) return -1;
  into[from] = quote;
  into[end] = quote;
  return end + 1;
}

function writeShort(into: Buffer, from: number, text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (!isPlain(code)) return false;
    into[from + at] = code;
  }
  return true;
}

function writeLong(into: Buffer, from: number, text: string): boolean {
  const end = from + text.length;
  // As many bytes as units: all of it is ASCII, unless there was no room for more.
  if (into.write(text, from, text.length, "utf8") !== text.length) return false;
  for (let at = from; at < end; at++) if (!isPlain(into[at] as number)) return false;
  return true;
}

/** Whether a character of that code is one of ASCII that JSON does not escape. */
export function isPlain(code: number): boolean {
  return code >= space && code <= tilde && code !== quote && code !== backslash;
}

const [space, quote, zero, backslash, tilde] = [0x20, 0x22, 0x30, 0x5c, 0x7e];
