import { readIfThere, replaceFile } from "../wal/disk-file.ts";
import type { SignedMemory } from "./transparency-log.ts";

/** Remembers the last signed checkpoint in a file of its own. */
export function signedFile(path: string): SignedMemory {
  return {
    read: async () => (await readIfThere(path))?.toString(),
    write: (note) => replaceFile(path, note),
  };
}
