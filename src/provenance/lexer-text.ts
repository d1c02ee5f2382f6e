const [backslash, lineFeed, slash] = [0x5c, 0x0a, 0x2f];
const [backtick, dollar, openBrace] = [0x60, 0x24, 0x7b];
const [openSet, closeSet] = [0x5b, 0x5d];

/** Where a text of ASCII stands next; the length where it does not. */
export function indexOfText(bytes: Uint8Array, text: string, from: number): number {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = view.indexOf(text, from, "latin1");
  return at === -1 ? bytes.length : at;
}

/** How many lines end between two offsets. */
export function linesIn(bytes: Uint8Array, from: number, to: number): number {
  let lines = 0;
  for (let at = from; at < to; at++) if (bytes[at] === lineFeed) lines++;
  return lines;
}

/** Where a string ends whose text begins at `from`: at its quote, or, if it is a short one, with its line. */
export function endOfString(
  bytes: Uint8Array,
  from: number,
  quote: number,
  { long, raw }: { readonly long: boolean; readonly raw: boolean },
): number {
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote || (byte === lineFeed && !long)) break;
    if (byte === backslash && !raw) at++;
  }
  return Math.min(at, bytes.length);
}

/** Where the text of a template ends: at its backtick, or at the `${` of the code in it. */
export function endOfTemplateText(bytes: Uint8Array, from: number): number {
  let at = from;
  for (; at < bytes.length && bytes[at] !== backtick; at++) {
    if (bytes[at] === backslash) at++;
    else if (bytes[at] === dollar && bytes[at + 1] === openBrace) break;
  }
  return Math.min(at, bytes.length);
}

/** Where the slash stands that ends a regular expression on this line, or -1. */
export function endOfRegularExpression(bytes: Uint8Array, from: number): number {
  let inSet = false;
  for (let at = from; at < bytes.length && bytes[at] !== lineFeed; at++) {
    const byte = bytes[at];
    if (byte === backslash) at++;
    else if (byte === openSet) inSet = true;
    else if (byte === closeSet) inSet = false;
    else if (byte === slash && !inSet) return at;
  }
  return -1;
}
