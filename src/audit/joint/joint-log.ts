import { decodeEntries, encodeEntries } from "../../tlog/tiles.ts";
import { readEntries } from "../transparency/log-entries.ts";
import type { TileStore } from "../transparency/tile-store.ts";
import { TransparencyLog, type TransparencyOptions } from "../transparency/transparency-log.ts";
import { Heads } from "./heads.ts";

const headsPath = "heads";

/**
 * A transparency log that several processes may try to write at once. Before a batch of entries goes into tiles, its
 * order is fixed by a file of its own that can be created only once; whoever finds that file finishes the batch, so
 * that all of them write the same tiles and sign the same tree, however slow or dead any of them is.
 */
export class JointLog {
  readonly #store: TileStore;
  readonly #log: TransparencyLog;
  #heads: Heads;

  private constructor(store: TileStore, log: TransparencyLog, heads: Heads) {
    this.#store = store;
    this.#log = log;
    this.#heads = heads;
  }

  /** Takes up the log where its checkpoint says, and finishes what another began; throws like `TransparencyLog.open`. */
  static async open(options: Omit<TransparencyOptions, "shared">): Promise<JointLog> {
    const { store } = options;
    const log = await TransparencyLog.open({ ...options, shared: true });
    const size = log.size();
    const kept = Heads.fromText((await store.read(headsPath))?.toString() ?? "");
    const from = kept !== undefined && kept.size <= size ? kept : { size: 0, heads: new Heads() };
    for await (const entry of readEntries(store, from.size, size))
      if (from.heads.take(entry) !== "next")
        throw new Error("the audit log holds a leaf out of its turn");
    const shared = new JointLog(store, log, from.heads);
    const begun = await store.read(pendingPath(size));
    if (begun !== undefined) await shared.#finish(decoded(begun));
    return shared;
  }

  /** Puts those of the leaves in whose turn it is, durably; throws when another writer was faster: then open it anew. */
  async add(leaves: readonly Buffer[]): Promise<void> {
    const heads = this.#heads.copy();
    const entries = leaves.filter((leaf) => heads.take(leaf) === "next");
    if (entries.length === 0) return;
    const size = this.#log.size();
    const pending = pendingPath(size);
    const before = this.#log.checkpoint();
    if (!(await this.#store.create(pending, encodeEntries(entries))))
      throw new Error("another sequencer has begun the next batch of the audit log");
    // The file could be created because nobody had, or because another batch of this size is long finished.
    if ((await this.#store.read("checkpoint"))?.toString() !== before) {
      await this.#store.remove(pending);
      throw new Error("another sequencer has moved the audit log on");
    }
    await this.#finish(entries);
  }

  async #finish(entries: readonly Buffer[]): Promise<void> {
    const size = this.#log.size();
    const heads = this.#heads.copy();
    for (const entry of entries) {
      if (heads.take(entry) !== "next")
        throw new Error("a batch of the audit log holds leaves out of their turn");
      this.#log.append(entry);
    }
    await this.#log.publish();
    this.#heads = heads;
    await this.#store.write(headsPath, heads.toText(this.#log.size()));
    await this.#store.remove(pendingPath(size));
  }
}

/** The next batch of a log of that size. */
function pendingPath(size: number): string {
  return `pending/${size}`;
}

function decoded(bundle: Buffer): readonly Buffer[] {
  const entries = decodeEntries(bundle);
  if (entries === undefined) throw new Error("a batch of the audit log was cut short");
  return entries;
}
