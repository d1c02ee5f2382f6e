import { type Tile, tilePath, tileWidth } from "../../tlog/tiles.ts";

/** Where a transparency log is kept: tiles that never change, and the newest checkpoint. */
export interface TileStore {
  /** The content, or undefined where there is none. */
  read(path: string): Promise<Buffer | undefined>;
  /** Writes a tile, durably; the same tile may be written twice. */
  writeTile(tile: Tile, bytes: Buffer): Promise<void>;
  /** The same for many, where that costs less than one by one: durable once it resolves. */
  writeTiles?(tiles: readonly Tile[], bytesOf: (tile: Tile) => Buffer): Promise<void>;
  /** Replaces the checkpoint, durably, if it still is `expected`; throws when someone else replaced it. */
  replaceCheckpoint(note: string, expected: string | undefined): Promise<void>;
  /** Writes another small file beside them (`vkeys`). */
  write(path: string, content: string): Promise<void>;
  /** Writes a file that must not exist yet, durably and whole; false, and nothing written, where it does. */
  create(path: string, content: Uint8Array): Promise<boolean>;
  /** No error where there is none. */
  remove(path: string): Promise<void>;
}

/** Writes tiles, durably. */
export async function writeTiles(
  store: Pick<TileStore, "writeTile" | "writeTiles">,
  tiles: readonly Tile[],
  bytesOf: (tile: Tile) => Buffer,
): Promise<void> {
  if (store.writeTiles !== undefined) await store.writeTiles(tiles, bytesOf);
  else for (const tile of tiles) await store.writeTile(tile, bytesOf(tile));
}

/** Reads a tile that must be there: at its width, or full where it has since been filled. */
export async function readTile(store: Pick<TileStore, "read">, tile: Tile): Promise<Buffer> {
  const bytes = await store.read(tilePath(tile));
  if (bytes !== undefined) return bytes;
  const full = await store.read(tilePath({ ...tile, width: tileWidth }));
  if (full === undefined) throw new Error(`${tilePath(tile)} is missing`);
  return tile.level === "entries" ? full : full.subarray(0, tile.width * 32);
}

/** What `replaceCheckpoint` throws when it was somebody else's turn. */
export const replacedByAnother = "someone else has replaced the checkpoint of the audit log";
