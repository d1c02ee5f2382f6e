import type { KeptBody } from "../../protocol.ts";

/** The head of one object in a pack (gitformat-pack): what it is, and where its packed content begins. */
export interface EntryHead {
  readonly kind: "commit" | "tree" | "blob" | "tag" | "offset-delta" | "id-delta";
  /** Of the unpacked content, or of the unpacked delta. */
  readonly size: number;
  readonly contentAt: number;
  /** Where the base of an offset delta begins. */
  readonly baseAt?: number;
  /** The id of an id delta's base. */
  readonly baseId?: string;
}

const kinds = [
  undefined,
  "commit",
  "tree",
  "blob",
  "tag",
  undefined,
  "offset-delta",
  "id-delta",
] as const;

/** Reads the head of the object that begins at `at`; `undefined` where there is none. */
export function readEntry(bytes: KeptBody, at: number, idLength: number): EntryHead | undefined {
  const head = bytes.read(at, 64);
  const first = head[0];
  if (first === undefined) return undefined;
  const kind = kinds[(first >> 4) & 7];
  const read = readLength(head);
  if (kind === undefined || read === undefined) return undefined;
  const { size, next } = read;
  if (kind === "id-delta") {
    const baseId = Buffer.from(head.subarray(next, next + idLength)).toString("hex");
    return baseId.length === idLength * 2
      ? { kind, size, contentAt: at + next + idLength, baseId }
      : undefined;
  }
  if (kind !== "offset-delta") return { kind, size, contentAt: at + next };
  const back = readDistance(head, next);
  return back === undefined || back.distance > at
    ? undefined
    : { kind, size, contentAt: at + back.next, baseAt: at - back.distance };
}

function readLength(head: Uint8Array): { size: number; next: number } | undefined {
  let byte = head[0] ?? 0;
  let size = byte & 0x0f;
  let next = 1;
  for (let shift = 4; byte >= 0x80; shift += 7) {
    if (shift > 46 || next >= head.length) return undefined;
    byte = head[next++] ?? 0;
    size += (byte & 0x7f) * 2 ** shift;
  }
  return { size, next };
}

/** The distance back to an offset delta's base: each further byte also counts one. */
function readDistance(
  head: Uint8Array,
  from: number,
): { distance: number; next: number } | undefined {
  let byte = head[from] ?? 0;
  let distance = byte & 0x7f;
  let next = from + 1;
  while (byte >= 0x80) {
    if (next >= head.length || next - from > 7) return undefined;
    byte = head[next++] ?? 0;
    distance = (distance + 1) * 128 + (byte & 0x7f);
  }
  return distance === 0 ? undefined : { distance, next };
}

/** How many objects a pack says that it has; undefined where it is no pack of version 2 or 3. */
export function countOf(head: Uint8Array): number | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 12 || view.getUint32(0) !== 0x5041434b) return undefined;
  const version = view.getUint32(4);
  return version === 2 || version === 3 ? view.getUint32(8) : undefined;
}
