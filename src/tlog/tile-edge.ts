import { foldInto, hashSize, leafHashInto } from "./merkle.ts";
import { decodeEntries, entryInto, entrySize, type Tile, tileWidth } from "./tiles.ts";

/**
 * The tiles and bundles at the right edge of a growing log: those that are not full, and those that are not on disk yet.
 * Hashes and entries stand side by side, as in their files: thousands wait for a checkpoint, and as objects, each of them
 * would be one more for V8 to look at in every collection.
 */
export class TileEdge {
  readonly #rows: Row[] = [];
  readonly #entries = new Bundle();

  /** Puts an entry at the end, and the hashes that follow from it. */
  append(entry: Uint8Array): void {
    this.#entries.push(entry);
    const [row] = this.#rows;
    this.#grow(0, row ?? this.#open(0), (bytes, at) => leafHashInto(bytes, at, entry));
  }

  /** What a tile or bundle holds, as a view: read before anything is forgotten. */
  bytes({ level, index, width }: Tile): Buffer {
    const first = index * tileWidth;
    if (level === "entries") return this.#entries.slice(first, width);
    return this.#rows[level]?.slice(first, width) ?? nothing;
  }

  /** Lets go of the full tiles and bundles of the first so many leaves: they are on disk. */
  forget(leaves: number): void {
    this.#entries.drop(leaves - (leaves % tileWidth));
    let count = leaves;
    for (const row of this.#rows) {
      row.drop(count - (count % tileWidth));
      count = Math.floor(count / tileWidth);
    }
  }

  /** Takes up a row of hashes whose first has that number. */
  loadRow(level: number, first: number, hashes: Buffer): void {
    this.#open(level).load(first, hashes);
  }

  /**
   * Takes up so many entries of a bundle whose first has that number. False where they are not there, or not what the hashes
   * are of.
   */
  loadEntries(first: number, width: number, bundle: Buffer): boolean {
    const entries = decodeEntries(bundle)?.slice(0, width) ?? [];
    const hashes = this.#rows[0]?.slice(first, width) ?? nothing;
    const made = Buffer.alloc(entries.length * hashSize);
    entries.forEach((entry, at) => {
      leafHashInto(made, at * hashSize, entry);
    });
    this.#entries.load(first, entries);
    return made.equals(hashes);
  }

  #open(level: number): Row {
    const row = new Row();
    this.#rows[level] = row;
    return row;
  }

  #grow(level: number, row: Row, write: (bytes: Buffer, at: number) => void): void {
    row.push(write);
    if (row.end % tileWidth !== 0) return;
    const tile = row.slice(row.end - tileWidth, tileWidth);
    const above = this.#rows[level + 1] ?? this.#open(level + 1);
    this.#grow(level + 1, above, (bytes, at) => foldInto(bytes, at, tile));
  }
}

const nothing = Buffer.alloc(0);

/** A log that stood still for long leaves no more room than this behind. */
const mostRoom = 4 * 1024 * 1024;

/** Bytes to which more are put at the end. What was given of them stays as it is until some are dropped. */
class Bytes {
  #room = nothing;
  length = 0;

  /** Room for so many more at the end; gives where they begin. */
  grow(by: number): number {
    const from = this.length;
    if (from + by > this.#room.length) this.#move(0, Math.max(2 * this.#room.length, from + by));
    this.length = from + by;
    return from;
  }

  get room(): Buffer {
    return this.#room;
  }

  slice(from: number, to: number): Buffer {
    return this.#room.subarray(from, to);
  }

  /** Lets go of the first so many; the others move to their place. */
  drop(count: number): void {
    if (this.#room.length > mostRoom) this.#move(count, this.length - count);
    else this.#room.copyWithin(0, count, this.length);
    this.length -= count;
  }

  /** To another place, for the old one may still be read. */
  #move(from: number, size: number): void {
    const room = Buffer.allocUnsafeSlow(size);
    this.#room.copy(room, 0, from, this.length);
    this.#room = room;
  }
}

/** A row of the tree, from the first hash of a tile on. */
class Row {
  #first = 0;
  readonly #bytes = new Bytes();

  /** The number of the hash that comes next. */
  get end(): number {
    return this.#first + this.#bytes.length / hashSize;
  }

  load(first: number, hashes: Buffer): void {
    this.#first = first;
    this.#bytes.drop(this.#bytes.length);
    const at = this.#bytes.grow(hashes.length);
    hashes.copy(this.#bytes.room, at);
  }

  push(write: (bytes: Buffer, at: number) => void): void {
    const at = this.#bytes.grow(hashSize);
    write(this.#bytes.room, at);
  }

  slice(first: number, width: number): Buffer {
    const from = (first - this.#first) * hashSize;
    return this.#bytes.slice(from, from + width * hashSize);
  }

  /** Lets go of those before that one. */
  drop(first: number): void {
    if (first <= this.#first) return;
    this.#bytes.drop((first - this.#first) * hashSize);
    this.#first = first;
  }
}

/** Entries as bundles hold them, from the first of a bundle on. */
class Bundle {
  #first = 0;
  readonly #bytes = new Bytes();
  /** Where each of them ends. */
  #ends: number[] = [];

  load(first: number, entries: readonly Uint8Array[]): void {
    this.#first = first;
    this.#bytes.drop(this.#bytes.length);
    this.#ends = [];
    for (const entry of entries) this.push(entry);
  }

  push(entry: Uint8Array): void {
    const at = this.#bytes.grow(entrySize(entry));
    entryInto(this.#bytes.room, at, entry);
    this.#ends.push(this.#bytes.length);
  }

  slice(first: number, width: number): Buffer {
    const from = first - this.#first;
    return this.#bytes.slice(this.#endBefore(from), this.#endBefore(from + width));
  }

  /** Lets go of those before that one. */
  drop(first: number): void {
    if (first <= this.#first) return;
    const bytes = this.#endBefore(first - this.#first);
    const ends: number[] = [];
    for (const end of this.#ends.slice(first - this.#first)) ends.push(end - bytes);
    this.#ends = ends;
    this.#bytes.drop(bytes);
    this.#first = first;
  }

  #endBefore(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
  }
}
