/** So many names are known at a time, none longer than that. */
const most = 1024;
const longest = 64;

/**
 * Names of late, known again by their bytes: a request waits for long with those of its lines, all have the same few, and
 * to compare a few bytes is less than to make a text of them. A name that falls in another's place takes it.
 */
export class Names {
  readonly #names: (string | undefined)[] = new Array(most).fill(undefined);

  /** The name that these bytes spell, in lower case. */
  of(bytes: Buffer, start: number, end: number): string {
    if (end - start > longest) return spelled(bytes, start, end);
    const place = placeOf(bytes, start, end);
    const known = this.#names[place];
    if (known !== undefined && isSame(known, bytes, start, end)) return known;
    const name = spelled(bytes, start, end);
    this.#names[place] = name;
    return name;
  }
}

function placeOf(bytes: Buffer, start: number, end: number): number {
  let sum = end - start;
  for (let at = start; at < end; at += 1) sum = (Math.imul(sum, 31) + (bytes[at] ?? 0)) | 0;
  return (sum ^ (sum >>> 10)) & (most - 1);
}

/** Whether the bytes are those of a name in ASCII; of any other, never. */
function isSame(name: string, bytes: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let at = 0; at < name.length; at += 1) {
    const byte = bytes[start + at] ?? 0;
    if (byte >= 0x80 || name.charCodeAt(at) !== byte) return false;
  }
  return true;
}

function spelled(bytes: Buffer, start: number, end: number): string {
  return bytes.toString("utf8", start, end).toLowerCase();
}
