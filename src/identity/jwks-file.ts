import { readFile } from "node:fs/promises";
import { type KeySet, readKeySet } from "./jwks-client.ts";

/** Reads a key set from a file; throws when it cannot be read. */
export async function readKeysFile(path: string): Promise<KeySet> {
  return readKeySet(JSON.parse(await readFile(path, "utf8")));
}
