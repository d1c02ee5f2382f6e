import type { Clock } from "../base/clock.ts";
import { decodeEntries, tileWidth } from "../tlog/tiles.ts";
import { encodeLeaf } from "./leaf.ts";
import { findRecord, readRecords } from "./log-file.ts";
import type { Position } from "./segment.ts";
import { readTile, type TileStore } from "./tile-file.ts";
import type { TransparencyLog } from "./transparency-log.ts";
import type { Wal } from "./wal.ts";

export interface SequencerOptions {
  readonly dir: string;
  readonly wal: Pick<Wal, "segments" | "onDurable" | "count">;
  readonly log: TransparencyLog;
  readonly store: TileStore;
  /** For the keyed hashes in leaves. */
  readonly key: Buffer;
  readonly clock: Clock;
  /** How often a checkpoint is made while records come in, in milliseconds. */
  readonly interval: number;
}

const batchItems = 16_384;

/** Moves the records of one replica into the transparency log, in their order, and makes a checkpoint every so often. */
export class Sequencer {
  readonly #options: SequencerOptions;
  #position: Position | undefined;
  #failure: Error | undefined;
  #stopped = false;
  #grown = true;
  #wake: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();

  private constructor(options: SequencerOptions, position: Position | undefined) {
    this.#options = options;
    this.#position = position;
  }

  /** Goes on where the log ends; throws when the log holds a record that the write-ahead log does not. */
  static async start(options: SequencerOptions): Promise<Sequencer> {
    const sequencer = new Sequencer(options, await resume(options));
    const off = options.wal.onDurable(() => {
      sequencer.#grown = true;
      sequencer.#wake();
    });
    sequencer.#running = sequencer.#run().finally(off);
    return sequencer;
  }

  /** Why the last checkpoint could not be made, if so. */
  failure(): Error | undefined {
    return this.#failure;
  }

  /** The oldest place in the write-ahead log that is not in a published checkpoint. */
  floor(): Position | undefined {
    return this.#position;
  }

  /** Makes a last checkpoint over all that is durable. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#grown = false;
      await this.#advance();
      await this.#pause(this.#options.interval);
      if (!this.#grown && !this.#stopped) await this.#pause(undefined);
    }
    await this.#advance();
  }

  /** A failure leaves what was appended in memory; the next attempt publishes it. */
  async #advance(): Promise<void> {
    try {
      let taken = await this.#take();
      while (taken.full) taken = await this.#take();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#grown = true;
    }
  }

  /** Moves one batch of records; `full` says that there may be more. */
  async #take(): Promise<{ readonly full: boolean }> {
    const { dir, wal, log, key } = this.#options;
    let position = this.#position;
    let count = 0;
    for await (const { record, payload, next } of readRecords(dir, wal.segments(), position)) {
      position = next;
      if (record.n > log.size()) throw new Error(`record ${log.size()} is missing`);
      if (record.n === log.size()) log.append(encodeLeaf(record, payload, key));
      count += 1;
      if (count === batchItems) break;
    }
    await log.publish();
    this.#position = position;
    return { full: count === batchItems };
  }

  /** Waits that long, or without a time until the log grows; stopping ends either. */
  async #pause(ms: number | undefined): Promise<void> {
    if (this.#stopped) return;
    await new Promise<void>((resolve) => {
      const cancel = ms === undefined ? undefined : this.#options.clock.after(ms, resolve);
      this.#wake = () => {
        if (ms !== undefined && !this.#stopped) return;
        cancel?.();
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}

/** Finds the record of the log's last leaf, and checks that it is the same record; gives the place after it. */
async function resume(options: SequencerOptions): Promise<Position | undefined> {
  const { dir, wal, log, store, key } = options;
  const last = log.size() - 1;
  if (last < 0) return undefined;
  if (wal.count() <= last)
    throw new Error("the write-ahead log has lost records that the transparency log holds");
  const found = await findRecord(dir, wal.segments(), last);
  if (found === undefined)
    throw new Error(`record ${last}, the last of the transparency log, is missing`);
  const leaf = await lastLeaf(store, log.size());
  if (!leaf.equals(encodeLeaf(found.record, found.payload, key)))
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
