import { fold, type Hash, hashSize, type ReadSubtree } from "./merkle.ts";

/** How many hashes a full tile is wide (C2SP tlog-tiles). */
export const tileWidth = 256;
const tileHeight = 8;

/** A tile or entry bundle: where it stands, and how many hashes or entries it holds (256: full). */
export interface Tile {
  readonly level: number | "entries";
  readonly index: number;
  readonly width: number;
}

/** The path of a tile under the log's prefix: `tile/0/x001/234.p/5` (C2SP tlog-tiles). */
export function tilePath({ level, index, width }: Tile): string {
  let digits = String(index % 1000).padStart(3, "0");
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    digits = `x${String(rest % 1000).padStart(3, "0")}/${digits}`;
  return `tile/${level}/${digits}${width === tileWidth ? "" : `.p/${width}`}`;
}

/** Every tile and bundle that a tree grown from `from` to `to` leaves gains or sees widened, lowest level first. */
export function changedTiles(from: number, to: number): readonly Tile[] {
  const tiles: Tile[] = [];
  const row = (level: Tile["level"], old: number, count: number): void => {
    for (let index = Math.floor(old / tileWidth); index * tileWidth < count; index++)
      tiles.push({ level, index, width: Math.min(tileWidth, count - index * tileWidth) });
  };
  if (to > from) row("entries", from, to);
  let [old, count] = [from, to];
  for (let level = 0; count > old; level++) {
    row(level, old, count);
    [old, count] = [Math.floor(old / tileWidth), Math.floor(count / tileWidth)];
  }
  return tiles;
}

/** The tile that holds hash number `index` of that tile level, in a tree of `size` leaves. */
export function tileAt(level: number, index: number, size: number): Tile {
  const count = Math.floor(size / tileWidth ** level);
  const tile = Math.floor(index / tileWidth);
  return { level, index: tile, width: Math.min(tileWidth, count - tile * tileWidth) };
}

/** Reads hashes of complete subtrees in a tree of `size` leaves from its tiles, each tile once. */
export function subtreeReader(
  size: number,
  readTile: (tile: Tile) => Promise<Buffer>,
): ReadSubtree {
  const known = new Map<string, Promise<Buffer>>();
  const tileOf = (tile: Tile): Promise<Buffer> => {
    const path = tilePath(tile);
    const bytes = known.get(path) ?? readTile(tile);
    known.set(path, bytes);
    return bytes;
  };
  return async (level, index) => {
    const tileLevel = Math.floor(level / tileHeight);
    const span = 2 ** (level % tileHeight);
    const first = index * span;
    const tile = tileAt(tileLevel, first, size);
    const hashes = splitHashes(await tileOf(tile));
    const at = first % tileWidth;
    if (hashes.length !== tile.width || at + span > hashes.length)
      throw new RangeError(`${tilePath(tile)} does not hold the hashes that it must`);
    return fold(hashes.slice(at, at + span));
  };
}

/** The hashes that a tile holds. */
export function splitHashes(tile: Buffer): Hash[] {
  const hashes: Hash[] = [];
  for (let at = 0; at + hashSize <= tile.length; at += hashSize)
    hashes.push(tile.subarray(at, at + hashSize));
  return hashes;
}

/** Bytes that an entry takes in a bundle, which says its length in 16 bits, big-endian, before it. */
export function entrySize(entry: Uint8Array): number {
  if (entry.length > 0xffff) throw new RangeError("an entry beyond 65,535 bytes");
  return 2 + entry.length;
}

/** Puts an entry there as a bundle holds it. */
export function entryInto(into: Buffer, at: number, entry: Uint8Array): void {
  into.set(entry, into.writeUInt16BE(entry.length, at));
}

/** Entries as a bundle holds them, one after the other. */
export function encodeEntries(entries: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.alloc(entries.reduce((sum, entry) => sum + entrySize(entry), 0));
  let at = 0;
  for (const entry of entries) {
    entryInto(bytes, at, entry);
    at += entrySize(entry);
  }
  return bytes;
}

/** The entries of a bundle; undefined when it is cut short. */
export function decodeEntries(bundle: Buffer): readonly Buffer[] | undefined {
  const entries: Buffer[] = [];
  let at = 0;
  while (at < bundle.length) {
    if (at + 2 > bundle.length) return undefined;
    const end = at + 2 + bundle.readUInt16BE(at);
    if (end > bundle.length) return undefined;
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
