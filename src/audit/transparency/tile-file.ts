import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Tile, tilePath, tileWidth } from "../../tlog/tiles.ts";
import { createFile, putFile, readIfThere, replaceFile, syncDirectory } from "../wal/disk-file.ts";
import { replacedByAnother, type TileStore } from "./tile-store.ts";

/** Writes tiles one after the other; the names of all in one folder are made durable together. */
async function putTiles(
  dir: string,
  tiles: readonly Tile[],
  bytesOf: (tile: Tile) => Buffer,
): Promise<void> {
  const paths = tiles.map((tile) => join(dir, tilePath(tile)));
  for (const [at, tile] of tiles.entries()) await putFile(paths[at] as string, bytesOf(tile));
  for (const folder of new Set(paths.map(dirname))) await syncDirectory(folder);
  for (const [at, { width }] of tiles.entries())
    if (width === tileWidth) await rm(`${paths[at]}.p`, { recursive: true, force: true });
}

/** A log in a folder, laid out as C2SP tlog-tiles serves it. */
export function tileFolder(dir: string): TileStore {
  return {
    read: (path) => readIfThere(join(dir, path)),
    writeTile: (tile, bytes) => putTiles(dir, [tile], () => bytes),
    writeTiles: (tiles, bytesOf) => putTiles(dir, tiles, bytesOf),
    replaceCheckpoint: async (note, expected) => {
      const path = join(dir, "checkpoint");
      const found = await readIfThere(path);
      if (found?.toString() !== expected) throw new Error(replacedByAnother);
      await replaceFile(path, note);
    },
    write: (path, content) => replaceFile(join(dir, path), content),
    create: (path, content) => createFile(join(dir, path), content),
    remove: (path) => rm(join(dir, path), { force: true }),
  };
}
