import { parseCheckpoint } from "../../tlog/checkpoint.ts";
import { parseNote } from "../../tlog/note.ts";
import type { SignedMemory } from "../transparency/transparency-log.ts";

interface Signed {
  readonly note: string;
  readonly size: number;
  readonly root: Buffer;
}

/** Several memories of the last signed checkpoint as one: the newest counts, and two of one size must agree. */
export function jointMemory(memories: readonly SignedMemory[]): SignedMemory {
  return {
    read: async () => {
      const notes = await Promise.all(memories.map((memory) => memory.read()));
      const found = notes.flatMap((note) =>
        note === undefined ? [] : [{ note, ...headOf(note) }],
      );
      return newestOf(found)?.note;
    },
    write: async (note) => {
      for (const memory of memories) await memory.write(note);
    },
  };
}

function newestOf(found: readonly Signed[]): Signed | undefined {
  const [newest, ...older] = [...found].sort((a, b) => b.size - a.size);
  if (older.some(({ size, root }) => size === newest?.size && !root.equals(newest.root)))
    throw new Error(`two checkpoints of ${newest?.size} entries were signed`);
  return newest;
}

function headOf(note: string): { readonly size: number; readonly root: Buffer } {
  const parsed = parseNote(note);
  const head = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  if (!head.ok) throw new Error(`the last signed checkpoint cannot be read: ${head.error}`);
  return head.value;
}
