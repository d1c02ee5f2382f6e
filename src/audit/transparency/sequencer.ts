import type { Clock } from "../../base/clock.ts";
import { decodeEntries, tileWidth } from "../../tlog/tiles.ts";
import { Follower } from "../wal/follower.ts";
import { eachRecord, findRecord, type LoggedRecord } from "../wal/log-file.ts";
import type { Position } from "../wal/segment.ts";
import type { Wal } from "../wal/wal.ts";
import { encodeLeaf, type Refer } from "./leaf.ts";
import { readTile, type TileStore } from "./tile-store.ts";
import type { TransparencyLog } from "./transparency-log.ts";

export interface SequencerOptions {
  readonly dir: string;
  readonly wal: Pick<Wal, "segments" | "records" | "onDurable" | "count">;
  readonly log: TransparencyLog;
  readonly store: TileStore;
  /** For the keyed hashes in leaves. */
  readonly refer: Refer;
  readonly clock: Clock;
  /** How often a checkpoint is made while records come in, in milliseconds. */
  readonly interval: number;
}

const batchItems = 16_384;
const turnItems = 64;
/** Milliseconds between two looks at what comes meanwhile, and how far that may be ahead of what is published. */
const lookEvery = 100;
const mostAhead = 65_536;

/** Moves the records of one replica into the transparency log, in their order, and makes a checkpoint every so often. */
export class Sequencer {
  readonly #options: SequencerOptions;
  readonly #follower: Follower;
  /** Where what is published ends, and what is appended. */
  #position: Position | undefined;
  #taken: Position | undefined;
  /** Records of this turn. */
  #count = 0;

  private constructor(options: SequencerOptions, position: Position | undefined) {
    this.#options = options;
    this.#position = position;
    this.#taken = position;
    const { wal, clock, interval } = options;
    this.#follower = new Follower({
      ...{ wal, clock, interval },
      take: () => this.#take(),
      settle: () => this.#settle(),
    });
  }

  /** Goes on where the log ends; throws when the log holds a record that the write-ahead log does not. */
  static async start(options: SequencerOptions): Promise<Sequencer> {
    return new Sequencer(options, await resume(options));
  }

  /** Why the last checkpoint could not be made, if so. */
  failure(): Error | undefined {
    return this.#follower.failure();
  }

  /** The oldest place in the write-ahead log that is not in a published checkpoint. */
  floor(): Position | undefined {
    return this.#position;
  }

  /** Makes a last checkpoint over all that is durable. */
  stop(): Promise<void> {
    return this.#follower.stop();
  }

  /** Appends what is new; says whether there is anything to publish. */
  async #take(): Promise<boolean> {
    const { wal, log } = this.#options;
    this.#count = 0;
    await eachRecord(wal.records(this.#taken, this), this.#takeOne);
    return this.#count > 0 || log.size() > log.published().size;
  }

  readonly #takeOne = (logged: LoggedRecord): boolean | Promise<boolean> => {
    this.#append(logged);
    this.#count += 1;
    return this.#count % turnItems !== 0 || this.#rest(this.#count);
  };

  /** Lets requests through while much is caught up with, and publishes now and then. */
  async #rest(count: number): Promise<true> {
    await new Promise(setImmediate);
    if (count % batchItems === 0) await this.#publish();
    return true;
  }

  #append(logged: LoggedRecord): void {
    const { log, refer } = this.#options;
    const { n } = logged.record;
    if (n > log.size()) throw new Error(`record ${log.size()} is missing`);
    if (n === log.size()) log.append(encodeLeaf(logged, refer));
    this.#taken = logged.next;
  }

  /** After a failure, what was appended stays and is published by the next one. */
  async #publish(): Promise<void> {
    const taken = this.#taken;
    await this.#options.log.publish();
    this.#position = taken;
  }

  /**
   * Publishes, which may take long where each tile waits for a slow disk, and appends what comes meanwhile: what is not
   * taken from memory in time must be read back.
   */
  async #settle(): Promise<void> {
    const { clock } = this.#options;
    const look = () => {
      const all = this.#appendFromMemory();
      stop = clock.after(all ? lookEvery : 0, look);
    };
    let stop = clock.after(lookEvery, look);
    await this.#publish().finally(() => stop());
  }

  /**
   * Appends what is in memory, a turn's worth of it; says whether that was all. Whatever cannot be appended here is what
   * the next turn fails on.
   */
  #appendFromMemory(): boolean {
    const { wal, log } = this.#options;
    const records = wal.records(this.#taken, this);
    if (Symbol.asyncIterator in records || log.size() - log.published().size > mostAhead)
      return true;
    let count = 0;
    for (const logged of records) {
      if (count++ === turnItems) return false;
      if (logged.record.n <= log.size()) this.#append(logged);
    }
    return true;
  }
}

/** Finds the record of the log's last leaf, and checks that it is the same record; gives the place after it. */
async function resume(options: SequencerOptions): Promise<Position | undefined> {
  const { dir, wal, log, store, refer } = options;
  const last = log.size() - 1;
  if (last < 0) return undefined;
  if (wal.count() <= last)
    throw new Error("the write-ahead log has lost records that the transparency log holds");
  const found = await findRecord(dir, wal.segments(), last);
  if (found === undefined)
    throw new Error(`record ${last}, the last of the transparency log, is missing`);
  const leaf = await lastLeaf(store, log.size());
  if (!leaf.equals(encodeLeaf(found, refer)))
    throw new Error(`record ${last} is not the one that the transparency log holds`);
  return found.next;
}

async function lastLeaf(store: TileStore, size: number): Promise<Buffer> {
  const index = Math.floor((size - 1) / tileWidth);
  const width = size - index * tileWidth;
  const entries = decodeEntries(await readTile(store, { level: "entries", index, width }));
  const leaf = entries?.[width - 1];
  if (leaf === undefined) throw new Error("the transparency log's last entry cannot be read");
  return leaf;
}
