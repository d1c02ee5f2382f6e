import { join } from "node:path";
import { ok, type Result } from "../base/result.ts";
import { replicaOf } from "../config/processes.ts";
import type { Config } from "../config/schema.ts";
import type { Shelf } from "../recording/shelf.ts";
import { folderShelf, processesIn } from "../recording/shelf-file.ts";
import { bucketShelf } from "../recording/shelf-s3.ts";
import { replicaName } from "./replica.ts";
import { openS3 } from "./s3.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where the config wants the recordings of that process of the gateway to lie; the error says which secret of the bucket
 * cannot be read.
 */
export function recordingShelf(
  { recording, audit }: Config,
  env: Environment,
  number = 0,
): Result<Shelf> {
  if (recording.s3 === undefined)
    return ok(folderShelf(number === 0 ? recording.dir : join(recording.dir, `process-${number}`)));
  // Each gateway's own: two that wrote one index would take each other's running sessions for cut ones.
  const prefix = `${recording.s3.prefix}${replicaOf(audit.replica ?? replicaName(), number)}/`;
  const bucket = openS3({ ...recording.s3, prefix }, env);
  return bucket.ok ? ok(bucketShelf(bucket.value)) : bucket;
}

/** Those of every process that runs or, in a folder, once ran, in the order of their numbers. */
export function recordingShelves(config: Config, env: Environment): Result<readonly Shelf[]> {
  const { listen, recording } = config;
  const found = recording.s3 === undefined ? processesIn(recording.dir) : 1;
  const shelves: Shelf[] = [];
  for (let number = 0; number < Math.max(listen.processes, found); number++) {
    const shelf = recordingShelf(config, env, number);
    if (!shelf.ok) return shelf;
    shelves.push(shelf.value);
  }
  return ok(shelves);
}
