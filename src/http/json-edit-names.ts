/** Longer member names are read anew each time, in bytes. */
const longestKept = 40;
const slots = 1024;

interface KeptName {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** Member names that were read before: documents have the same few again and again. */
const kept: (KeptName | undefined)[] = new Array(slots).fill(undefined);

/** The name between two offsets, without escapes, as text. */
export function plainName(chunk: Uint8Array, from: number, to: number): string {
  const length = to - from;
  if (length > longestKept) return textOf(chunk, from, to);
  let hash = length;
  for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + (chunk[at] as number)) | 0;
  const slot = hash & (slots - 1);
  const known = kept[slot];
  if (known !== undefined && isSame(known.bytes, chunk, from, length)) return known.text;
  const text = textOf(chunk, from, to);
  kept[slot] = { bytes: chunk.slice(from, to), text };
  return text;
}

function isSame(bytes: Uint8Array, chunk: Uint8Array, from: number, length: number): boolean {
  if (bytes.length !== length) return false;
  for (let at = 0; at < length; at++) if (bytes[at] !== chunk[from + at]) return false;
  return true;
}

function textOf({ buffer, byteOffset }: Uint8Array, from: number, to: number): string {
  return Buffer.from(buffer, byteOffset + from, to - from).toString("utf8");
}
