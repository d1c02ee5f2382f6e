import { rm } from "node:fs/promises";
import { join } from "node:path";
import { tilePath, tileWidth } from "../../tlog/tiles.ts";
import { createFile, readIfThere, replaceFile } from "../wal/disk-file.ts";
import { replacedByAnother, type TileStore } from "./tile-store.ts";

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
      if (found?.toString() !== expected) throw new Error(replacedByAnother);
      await replaceFile(path, note);
    },
    write: (path, content) => replaceFile(join(dir, path), content),
    create: (path, content) => createFile(join(dir, path), content),
    remove: (path) => rm(join(dir, path), { force: true }),
  };
}
