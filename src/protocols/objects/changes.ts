import { anythingBelow } from "../paths.ts";
import { isDirectory } from "./parse-object.ts";
import type { ObjectReader, TreeEntry } from "./source.ts";

/** Paths that differ between two trees. */
export interface Changes {
  readonly paths: readonly string[];
  /** False where a tree could not be seen; `paths` then says what anything below it may be. */
  readonly complete: boolean;
}

/** Everything may have changed. */
export const anything: Changes = { paths: anythingBelow(""), complete: false };

/** Told of each file that differs, as it was and as it is now; `undefined` is no file. */
export type See = (path: string, old: TreeEntry | undefined, now: TreeEntry | undefined) => void;

const maxPaths = 2000;
const maxTrees = 20_000;
const maxDepth = 200;

/** Who knows the trees of each side best. */
export interface Readers {
  readonly old: ObjectReader;
  readonly now: ObjectReader;
}

/** `undefined` is the tree of nothing: every path of the other one differs. */
type Side = string | undefined;

/**
 * Compares two trees entry by entry, as `git diff --name-only` without renames does: equal ids are not opened.
 * A tree that the reader does not know, or one too many, counts as changed throughout.
 */
export async function changesBetween(
  readers: Readers,
  oldTree: Side,
  newTree: Side,
  see?: See,
): Promise<Changes> {
  const walk = new Walk(readers, see);
  await walk.compare("", oldTree, newTree, 0);
  return walk.changes();
}

class Walk {
  readonly #readers: Readers;
  readonly #see: See | undefined;
  readonly #paths: string[] = [];
  #complete = true;
  #trees = 0;

  constructor(readers: Readers, see: See | undefined) {
    this.#readers = readers;
    this.#see = see;
  }

  changes(): Changes {
    return this.#paths.length > maxPaths
      ? anything
      : { paths: this.#paths, complete: this.#complete };
  }

  async compare(directory: string, before: Side, after: Side, depth: number): Promise<void> {
    if (before === after || this.#paths.length > maxPaths) return;
    this.#trees += 1;
    const inReach = this.#trees <= maxTrees && depth <= maxDepth;
    // The old one first: a client may have sent the new one as its difference from it.
    const old = inReach ? await entriesOf(this.#readers.old, before) : undefined;
    const now = inReach ? await entriesOf(this.#readers.now, after) : undefined;
    if (old === undefined || now === undefined) {
      this.#complete = false;
      this.#paths.push(...anythingBelow(directory));
      return;
    }
    for (const name of new Set([...old.keys(), ...now.keys()])) {
      const path = directory === "" ? name : `${directory}/${name}`;
      await this.#compareEntry(path, old.get(name), now.get(name), depth);
    }
  }

  async #compareEntry(
    path: string,
    old: TreeEntry | undefined,
    now: TreeEntry | undefined,
    depth: number,
  ): Promise<void> {
    if (old?.id === now?.id && old?.mode === now?.mode) return;
    const [oldTree, newTree] = [treeOf(old), treeOf(now)];
    // Where a file takes a directory's place or the other way round, both have changed.
    if (isFile(old) || isFile(now)) {
      this.#paths.push(path);
      this.#see?.(path, fileOf(old), fileOf(now));
    }
    if (oldTree !== undefined || newTree !== undefined)
      await this.compare(path, oldTree, newTree, depth + 1);
  }
}

async function entriesOf(
  reader: ObjectReader,
  tree: Side,
): Promise<ReadonlyMap<string, TreeEntry> | undefined> {
  if (tree === undefined) return new Map();
  const entries = await reader.tree(tree);
  if (entries === undefined) return undefined;
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  // Names that decode alike, or that hold a slash, could hide one path behind another.
  const plain = entries.every(({ name }) => name !== "" && !/[/\ufffd]/.test(name));
  return plain && byName.size === entries.length ? byName : undefined;
}

function treeOf(entry: TreeEntry | undefined): Side {
  return entry !== undefined && isDirectory(entry) ? entry.id : undefined;
}

function fileOf(entry: TreeEntry | undefined): TreeEntry | undefined {
  return isFile(entry) ? entry : undefined;
}

function isFile(entry: TreeEntry | undefined): boolean {
  return entry !== undefined && !isDirectory(entry);
}
