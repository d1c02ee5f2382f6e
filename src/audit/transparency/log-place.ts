import { join } from "node:path";
import { parseCheckpoint } from "../../tlog/checkpoint.ts";
import { readIfThere } from "../wal/disk-file.ts";
import { parseLeaf } from "./leaf.ts";
import { readEntries } from "./log-entries.ts";
import { tileFolder } from "./tile-file.ts";
import type { TileStore } from "./tile-store.ts";

/** A transparency log, and where in it a record stands. */
export interface LogPlaces {
  readonly store: TileStore;
  /** Undefined while no checkpoint holds the record. */
  indexOf(record: { readonly replica: string; readonly n: number }): Promise<number | undefined>;
}

/** The log in an audit folder, which holds the records of one replica in their order. */
export function ownLog(dir: string): LogPlaces {
  return { store: tileFolder(join(dir, "log")), indexOf: async ({ n }) => n };
}

/** The log that several replicas write; `dir` is an audit folder, whose memory of the log saves reading all of it. */
export function sharedLog(store: TileStore, dir: string): LogPlaces {
  return {
    store,
    indexOf: async ({ replica, n }) => {
      const note = (await store.read("checkpoint"))?.toString() ?? "";
      const head = parseCheckpoint(note.slice(0, note.lastIndexOf("\n\n") + 1));
      if (!head.ok) return undefined;
      const seen = await readIfThere(join(dir, "joint", replica, "seen.json"));
      const marks = seen === undefined ? [] : parseMarks(seen.toString());
      return findPlace(store, { replica, n, marks, size: head.value.size });
    },
  };
}

/** Numbers of records with their places in the log, in order. */
export type Marks = readonly (readonly [n: number, index: number])[];

interface Sought {
  readonly replica: string;
  readonly n: number;
  readonly marks: Marks;
  readonly size: number;
}

/** Reads the log from the last mark before record `n` on, up to that record. */
export async function findPlace(
  store: Pick<TileStore, "read">,
  { replica, n, marks, size }: Sought,
): Promise<number | undefined> {
  let [, index] = marks.findLast(([mark]) => mark <= n) ?? [0, 0];
  for await (const entry of readEntries(store, index, size)) {
    const leaf = parseLeaf(entry);
    if (leaf.ok && leaf.value.replica === replica && leaf.value.n === n) return index;
    index += 1;
  }
  return undefined;
}

function parseMarks(text: string): Marks {
  try {
    return JSON.parse(text).marks;
  } catch {
    return [];
  }
}
