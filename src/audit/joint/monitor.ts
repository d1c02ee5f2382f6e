import { openCheckpoint } from "../../tlog/checkpoint.ts";
import { Edge } from "../../tlog/edge.ts";
import type { Verifier } from "../../tlog/key.ts";
import { treeRoot } from "../../tlog/merkle.ts";
import { subtreeReader } from "../../tlog/tiles.ts";
import { encodeLeaf, parseLeaf, type Refer } from "../transparency/leaf.ts";
import { readEntries } from "../transparency/log-entries.ts";
import { findPlace, type Marks } from "../transparency/log-place.ts";
import { readTile, type TileStore } from "../transparency/tile-store.ts";
import { readIfThere, replaceFile } from "../wal/disk-file.ts";
import { findRecord, type LoggedRecord, readRecords } from "../wal/log-file.ts";
import type { Position } from "../wal/segment.ts";
import type { Wal } from "../wal/wal.ts";

export interface MonitorOptions {
  readonly replica: string;
  /** The folder of this replica's records. */
  readonly dir: string;
  readonly wal: Pick<Wal, "segments" | "count">;
  readonly store: TileStore;
  readonly origin: string;
  readonly keys: readonly Verifier[];
  readonly refer: Refer;
  /** Where to keep how far it has come. */
  readonly path: string;
}

/** How far a monitor has come. */
interface Seen {
  readonly edge: Edge;
  /** Every record of this replica before that number is in the log. */
  readonly n: number;
  /** Where the record of that number stands, or will. */
  readonly position: Position | undefined;
  readonly note: string | undefined;
  /** Numbers of records with their place in the log, some thousands apart. */
  readonly marks: Marks;
}

const markEvery = 4096;

/**
 * Reads every entry of a shared log as its checkpoints appear, computes the root anew, and finds each record of its own
 * replica there, in order, once, byte for byte: only what it has found may be forgotten.
 */
export class Monitor {
  readonly #options: MonitorOptions;
  #seen: Seen;

  private constructor(options: MonitorOptions, seen: Seen) {
    this.#options = options;
    this.#seen = seen;
  }

  static async open(options: MonitorOptions): Promise<Monitor> {
    const kept = await restore(options);
    const monitor = new Monitor(options, kept ?? (await begin(options)));
    await monitor.#save();
    return monitor;
  }

  /** The number of the first own record that has not been found in the log. */
  n(): number {
    return this.#seen.n;
  }

  /** Where that record stands; undefined: at the very beginning. */
  position(): Position | undefined {
    return this.#seen.position;
  }

  /** The newest checkpoint that was checked to its root, and how many entries it is over. */
  checkpoint(): { readonly note: string | undefined; readonly size: number } {
    return { note: this.#seen.note, size: this.#seen.edge.size };
  }

  /** Takes in what is new; throws, and takes in nothing of it, when the log is not what it must be. */
  async advance(): Promise<void> {
    const { store, origin, keys } = this.#options;
    const note = (await store.read("checkpoint"))?.toString();
    if (note === undefined || note === this.#seen.note) return;
    const opened = openCheckpoint(note, origin, keys);
    if (!opened.ok) throw new Error(`the shared audit log's checkpoint: ${opened.error}`);
    const { size, root } = opened.value;
    // A store may show an older checkpoint for a moment; that it stays so shows in what does not arrive.
    if (size < this.#seen.edge.size) return;
    const seen = await this.#read(size, note);
    if (!seen.edge.root().equals(root))
      throw new Error("the shared audit log's entries do not lead to its checkpoint");
    this.#seen = seen;
    await this.#save();
  }

  /** Where record `n` of this replica stands in the log; undefined when it is not there yet. */
  async indexOf(n: number): Promise<number | undefined> {
    const { marks, edge, n: next } = this.#seen;
    const { store, replica } = this.#options;
    return n >= next ? undefined : findPlace(store, { replica, n, marks, size: edge.size });
  }

  async #read(size: number, note: string): Promise<Seen> {
    const { store, dir, wal } = this.#options;
    let { edge, n, position } = this.#seen;
    const marks = [...this.#seen.marks];
    const records = readRecords(dir, [...wal.segments()], position);
    try {
      for await (const entry of readEntries(store, edge.size, size)) {
        const own = this.#ownNumber(entry);
        if (own !== undefined) {
          const record = await this.#expect(own === n ? n : undefined, entry, records);
          if (n % markEvery === 0 || marks.length === 0) marks.push([n, edge.size]);
          position = record.next;
          n += 1;
        }
        edge = edge.append(entry);
      }
    } finally {
      await records.return(undefined);
    }
    return { edge, n, position, note, marks };
  }

  /** The record of that number, which must be the next one kept and the one that the entry is of. */
  async #expect(
    n: number | undefined,
    entry: Buffer,
    records: AsyncGenerator<LoggedRecord>,
  ): Promise<LoggedRecord> {
    const logged: LoggedRecord | undefined = (await records.next()).value;
    if (n === undefined || logged?.record.n !== n)
      throw new Error("the shared audit log holds a record of this replica out of its turn");
    if (!encodeLeaf(logged, this.#options.refer).equals(entry))
      throw new Error(`record ${n} is not the one that the shared audit log holds`);
    return logged;
  }

  #ownNumber(entry: Buffer): number | undefined {
    const leaf = parseLeaf(entry);
    if (!leaf.ok) throw new Error(`the shared audit log holds ${leaf.error}`);
    return leaf.value.replica === this.#options.replica ? leaf.value.n : undefined;
  }

  async #save(): Promise<void> {
    const { edge, n, note, marks } = this.#seen;
    const hashes = edge.hashes().map((hash) => hash.toString("base64"));
    await replaceFile(
      this.#options.path,
      JSON.stringify({ v: 1, size: edge.size, hashes, n, note, marks }),
    );
  }
}

async function restore(options: MonitorOptions): Promise<Seen | undefined> {
  const text = (await readIfThere(options.path))?.toString();
  if (text === undefined) return undefined;
  const { v, size, hashes, n, note, marks } = JSON.parse(text);
  if (v !== 1) throw new Error(`${options.path} is of another version`);
  const edge = Edge.from(
    size,
    hashes.map((hash: string) => Buffer.from(hash, "base64")),
  );
  return { edge, n, position: await positionOf(options, n), note, marks };
}

/** A replica that has written nothing joins the log as it stands; one that has must find it all, from the beginning. */
async function begin({ wal, store, origin, keys }: MonitorOptions): Promise<Seen> {
  const nothing = { n: 0, position: undefined, note: undefined, marks: [] };
  const note = (await store.read("checkpoint"))?.toString();
  if (wal.count() > 1 || note === undefined) return { ...nothing, edge: Edge.empty() };
  const opened = openCheckpoint(note, origin, keys);
  if (!opened.ok) throw new Error(`the shared audit log's checkpoint: ${opened.error}`);
  const { size, root } = opened.value;
  const reader = subtreeReader(size, (tile) => readTile(store, tile));
  if (!(await treeRoot(size, reader)).equals(root))
    throw new Error("the shared audit log's tiles do not lead to its checkpoint");
  return { ...nothing, note, edge: await Edge.read(size, reader) };
}

async function positionOf({ dir, wal }: MonitorOptions, n: number): Promise<Position | undefined> {
  if (n === 0) return undefined;
  const found = await findRecord(dir, wal.segments(), n - 1);
  if (found === undefined) throw new Error(`record ${n - 1} is missing`);
  return found.next;
}
