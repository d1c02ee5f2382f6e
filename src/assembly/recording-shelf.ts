import { ok, type Result } from "../base/result.ts";
import type { Config } from "../config/schema.ts";
import type { Shelf } from "../recording/shelf.ts";
import { folderShelf } from "../recording/shelf-file.ts";
import { bucketShelf } from "../recording/shelf-s3.ts";
import { replicaName } from "./replica.ts";
import { openS3 } from "./s3.ts";

/** Where the config wants recordings to lie; the error says which secret of the bucket cannot be read. */
export function recordingShelf(
  { recording, audit }: Config,
  env: Readonly<Record<string, string | undefined>>,
): Result<Shelf> {
  if (recording.s3 === undefined) return ok(folderShelf(recording.dir));
  // Each gateway's own: two that wrote one index would take each other's running sessions for cut ones.
  const prefix = `${recording.s3.prefix}${audit.replica ?? replicaName()}/`;
  const bucket = openS3({ ...recording.s3, prefix }, env);
  return bucket.ok ? ok(bucketShelf(bucket.value)) : bucket;
}
