import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Tile, tilePath, tileWidth } from "../tlog/tiles.ts";
import { readIfThere, replaceFile } from "./disk-file.ts";

/** Where a transparency log is kept: tiles that never change, and the newest checkpoint. */
export interface TileStore {
  /** The content, or undefined where there is none. */
  read(path: string): Promise<Buffer | undefined>;
  /** Writes a tile, durably; the same tile may be written twice. */
  writeTile(tile: Tile, bytes: Buffer): Promise<void>;
  /** Replaces the checkpoint, durably, if it still is `expected`; throws when someone else replaced it. */
  replaceCheckpoint(note: string, expected: string | undefined): Promise<void>;
  /** Writes another small file beside them (`vkeys`). */
  write(path: string, content: string): Promise<void>;
}

/** A log in a folder, laid out as C2SP tlog-tiles serves it. */
export function tileFolder(dir: string): TileStore {
  return {
    read: (path) => readIfThere(join(dir, path)),
    writeTile: async (tile, bytes) => {
      await replaceFile(join(dir, tilePath(tile)), bytes);
      if (tile.width === tileWidth)
        await rm(join(dir, `${tilePath(tile)}.p`), { recursive: true, force: true });
    },
    replaceCheckpoint: async (note, expected) => {
      const path = join(dir, "checkpoint");
      const found = await readIfThere(path);
      if (found?.toString() !== expected)
        throw new Error("someone else has replaced the checkpoint of the audit log");
      await replaceFile(path, note);
    },
    write: (path, content) => replaceFile(join(dir, path), content),
  };
}

/** Reads a tile that must be there: at its width, or full where it has since been filled. */
export async function readTile(store: Pick<TileStore, "read">, tile: Tile): Promise<Buffer> {
  const bytes = await store.read(tilePath(tile));
  if (bytes !== undefined) return bytes;
  const full = await store.read(tilePath({ ...tile, width: tileWidth }));
  if (full === undefined) throw new Error(`${tilePath(tile)} is missing`);
  return tile.level === "entries" ? full : full.subarray(0, tile.width * 32);
}
