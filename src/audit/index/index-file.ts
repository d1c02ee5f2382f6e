import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { makeDirectory, readIfThere, replaceFile, writeAt } from "../wal/disk-file.ts";
import { Follower } from "../wal/follower.ts";
import { eachRecord, type LoggedRecord, readRecords } from "../wal/log-file.ts";
import type { SegmentSpan } from "../wal/segment.ts";
import type { Wal } from "../wal/wal.ts";
import { type IndexKind, indexKinds } from "./index-keys.ts";
import {
  type Columns,
  emptyColumns,
  emptyIndex,
  endWords,
  IndexBuilder,
  type IndexState,
  rowWords,
} from "./index-rows.ts";

/** The columns of an index, in memory. */
export interface LoadedIndex {
  readonly state: IndexState;
  readonly rows: Uint32Array;
  readonly ends: Uint32Array;
  key(kind: IndexKind): Promise<Uint32Array>;
}

interface Saved extends IndexState {
  readonly v: 1;
  /** Bytes of each column that belong to this state; what lies beyond does not count. */
  readonly bytes: Readonly<Record<string, number>>;
}

const batchItems = 512;

export interface IndexerOptions {
  /** The folder of the index, which can be deleted at any time. */
  readonly dir: string;
  readonly wal: Pick<Wal, "segments" | "records" | "onDurable">;
  readonly clock: Clock;
}

/** Keeps the index of one replica's records up to date, a second behind. */
export class Indexer {
  readonly #options: IndexerOptions;
  readonly #follower: Follower;
  #saved: Saved;
  #builder: IndexBuilder;
  /** Records of this turn. */
  #taken = 0;

  private constructor(options: IndexerOptions, saved: Saved) {
    this.#options = options;
    this.#saved = saved;
    this.#builder = new IndexBuilder(saved);
    const { wal, clock } = options;
    this.#follower = new Follower({
      ...{ wal, clock, interval: 1000 },
      take: () => this.#take(),
      settle: () => this.#settle(),
    });
  }

  static async start(options: IndexerOptions): Promise<Indexer> {
    await makeDirectory(options.dir);
    const saved = await readSaved(options.dir);
    const known = options.wal.segments().some((span) => span.segment === saved.position?.segment);
    return new Indexer(options, known ? saved : { v: 1, ...emptyIndex, bytes: {} });
  }

  /** Why the index could not be brought up to date, if so. */
  failure(): Error | undefined {
    return this.#follower.failure();
  }

  stop(): Promise<void> {
    return this.#follower.stop();
  }

  async #take(): Promise<boolean> {
    const { wal } = this.#options;
    this.#taken = 0;
    try {
      await eachRecord(wal.records(this.#builder.position, this), this.#takeOne);
    } catch (error) {
      this.#builder = new IndexBuilder(this.#saved);
      throw error;
    }
    return this.#taken > 0;
  }

  readonly #takeOne = (logged: LoggedRecord): boolean | Promise<boolean> => {
    this.#builder.add(logged);
    this.#taken += 1;
    return this.#taken % batchItems !== 0 || rest();
  };

  async #settle(): Promise<void> {
    try {
      await this.#save();
    } catch (error) {
      this.#builder = new IndexBuilder(this.#saved);
      throw error;
    }
  }

  async #save(): Promise<void> {
    const columns = this.#builder.columns;
    const bytes: Record<string, number> = { ...this.#saved.bytes };
    for (const [name, words] of columnsOf(columns)) {
      if (words.length === 0) continue;
      const from = bytes[name] ?? 0;
      const content = Buffer.from(Uint32Array.from(words).buffer);
      await writeAt(join(this.#options.dir, name), from, content);
      bytes[name] = from + content.length;
    }
    const saved: Saved = { v: 1, ...this.#builder.state(), bytes };
    await replaceFile(join(this.#options.dir, "state.json"), JSON.stringify(saved));
    this.#saved = saved;
    this.#builder.columns = emptyColumns();
  }
}

/** Lets requests through while much is caught up with. */
async function rest(): Promise<true> {
  await new Promise(setImmediate);
  return true;
}

/** Reads the index of a replica and brings it up to date in memory with what the log holds beyond it. */
export async function loadIndex(
  dir: string,
  walDir: string,
  segments: readonly SegmentSpan[],
): Promise<LoadedIndex> {
  const found = await readSaved(dir);
  const known = segments.some((span) => span.segment === found.position?.segment);
  const saved: Saved = known ? found : { v: 1, ...emptyIndex, bytes: {} };
  const builder = new IndexBuilder(saved);
  for await (const logged of readRecords(walDir, segments, saved.position)) builder.add(logged);
  const { columns } = builder;
  const column = async (name: string, fresh: readonly number[]): Promise<Uint32Array> => {
    const old = await readWords(join(dir, name), saved.bytes[name] ?? 0);
    const all = new Uint32Array(old.length + fresh.length);
    all.set(old);
    all.set(fresh, old.length);
    return all;
  };
  return {
    state: builder.state(),
    rows: await column("rows", columns.rows),
    ends: await column("ends", columns.ends),
    key: (kind) => column(kind, columns.keys[kind]),
  };
}

async function readSaved(dir: string): Promise<Saved> {
  const none: Saved = { v: 1, ...emptyIndex, bytes: {} };
  try {
    const bytes = await readIfThere(join(dir, "state.json"));
    if (bytes === undefined) return none;
    const saved = JSON.parse(bytes.toString()) as Saved;
    const { rows = 0, ends = 0 } = saved.bytes;
    const sound =
      saved.v === 1 && rows === saved.rows * rowWords * 4 && ends % (endWords * 4) === 0;
    return sound ? saved : none;
  } catch {
    return none;
  }
}

async function readWords(path: string, bytes: number): Promise<Uint32Array> {
  if (bytes === 0) return new Uint32Array(0);
  const words = new Uint32Array(bytes / 4);
  const handle = await open(path, "r");
  try {
    const { bytesRead } = await handle.read(new Uint8Array(words.buffer), 0, bytes, 0);
    if (bytesRead !== bytes) throw new Error(`${path} is shorter than its index says`);
  } finally {
    await handle.close();
  }
  return words;
}

function columnsOf(columns: Columns): readonly (readonly [string, readonly number[]])[] {
  return [
    ["rows", columns.rows],
    ["ends", columns.ends],
    ...indexKinds.map((kind) => [kind, columns.keys[kind]] as const),
  ];
}
