/** Longer member names are read anew each time, in bytes. */
const longestKept = 40;
const slots = 4096;

/** A member's name, which has no escapes: as it stands between its quotes, and as text. */
export interface Name {
  readonly bytes: Uint8Array;
  readonly text: string;
  /** It is one of those that come again and again: then the same bytes, which never change, stand for each of them. */
  readonly lasting: boolean;
}

/** Member names that were read before: documents have the same few again and again. */
const kept: (Name | undefined)[] = new Array(slots).fill(undefined);

/** The name between two offsets. */
export function plainName(chunk: Uint8Array, from: number, to: number): Name {
  const known = to - from > longestKept ? undefined : kept[slotOf(chunk, from, to)];
  if (known !== undefined && isSame(known.bytes, chunk, from, to - from)) return known;
  const { buffer, byteOffset } = chunk;
  const bytes = Buffer.from(buffer, byteOffset + from, to - from);
  return { bytes, text: bytes.toString("utf8"), lasting: false };
}

/** Keeps a name, for when it comes again. */
export function keepName({ bytes, text, lasting }: Name): void {
  if (lasting || bytes.length > longestKept) return;
  const copy = Uint8Array.from(bytes);
  kept[slotOf(copy, 0, copy.length)] = { bytes: copy, text, lasting: true };
}

function slotOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from;
  for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  return hash & (slots - 1);
}

function isSame(bytes: Uint8Array, chunk: Uint8Array, from: number, length: number): boolean {
  if (bytes.length !== length) return false;
  for (let at = 0; at < length; at++) if (bytes[at] !== chunk[from + at]) return false;
  return true;
}
