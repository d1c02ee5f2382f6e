import type { Shelf } from "../../src/recording/shelf.ts";
import { folderShelf } from "../../src/recording/shelf-file.ts";
import { bucketShelf } from "../../src/recording/shelf-s3.ts";
import { temporaryFolder } from "./folder.ts";
import { s3At, startS3, type TestS3 } from "./s3.ts";

/** A place for recordings, as another process can open it too: a folder's path, or a bucket's service. */
export type PlaceName = { readonly dir: string } | { readonly endpoint: string };

export interface Place {
  readonly name: PlaceName;
  /** The service behind it, where it is a bucket. */
  readonly s3?: TestS3;
  /** Each call is a shelf that remembers nothing, as of another process. */
  shelf(): Shelf;
  remove(): Promise<void>;
}

/** Every kind of place for recordings. */
export const places: readonly (readonly [string, () => Promise<Place>])[] = [
  ["a folder", aFolder],
  ["a bucket", aBucket],
];

export function shelfOf(name: PlaceName): Shelf {
  return "dir" in name
    ? folderShelf(name.dir)
    : bucketShelf(s3At(name.endpoint, "recordings/one/"));
}

async function aFolder(): Promise<Place> {
  const folder = await temporaryFolder();
  const name = { dir: folder.path };
  return { name, shelf: () => shelfOf(name), remove: () => folder.remove() };
}

async function aBucket(): Promise<Place> {
  const s3 = await startS3();
  const name = { endpoint: s3.options.endpoint };
  return { name, s3, shelf: () => shelfOf(name), remove: () => s3.stop() };
}
