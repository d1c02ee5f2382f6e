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

/** A string of which every character stands for itself, for which there must be room; -1 where one does not. */
export function writePlain(into: Uint8Array, from: number, text: string): number {
  let place = from;
  into[place++] = quote;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (!isPlain(code)) return -1;
    into[place++] = code;
  }
  into[place++] = quote;
  return place;
}

/** Whether a character of that code is one of ASCII that JSON does not escape. */
export function isPlain(code: number): boolean {
  return code >= space && code <= tilde && code !== quote && code !== backslash;
}

const [space, quote, zero, backslash, tilde] = [0x20, 0x22, 0x30, 0x5c, 0x7e];
