import type { S3 } from "../../s3/client.ts";
import { tilePath } from "../../tlog/tiles.ts";
import { replacedByAnother, type TileStore } from "./tile-store.ts";

/** A log in an S3-compatible bucket, laid out as C2SP tlog-tiles serves it. */
export function tileBucket(s3: S3): TileStore {
  const put = async (path: string, content: Uint8Array): Promise<void> => {
    await s3.put(path, content);
  };
  return {
    read: async (path) => (await s3.get(path))?.body,
    writeTile: (tile, bytes) => put(tilePath(tile), bytes),
    replaceCheckpoint: async (note, expected) => {
      const found = expected === undefined ? undefined : await s3.get("checkpoint");
      if (found?.body.toString() !== expected) throw new Error(replacedByAnother);
      const condition =
        found === undefined
          ? ({ kind: "absent" } as const)
          : ({ kind: "unchanged", etag: found.etag } as const);
      const written = await s3.put("checkpoint", Buffer.from(note), condition);
      if (!written.ok) throw new Error(replacedByAnother);
    },
    write: (path, content) => put(path, Buffer.from(content)),
    create: async (path, content) => (await s3.put(path, content, { kind: "absent" })).ok,
    remove: (path) => s3.remove(path),
  };
}
