import { createSecretKey, type KeyObject } from "node:crypto";
import { stopwatch } from "../base/stopwatch.ts";
import { TransientMap } from "../base/transient-map.ts";
import type { Direction } from "../core/recording.ts";
import type { Backlog } from "./backlog.ts";
import { blockBytes, sealBlock } from "./block.ts";
import {
  type Block,
  blockOf,
  blocksOf,
  contentOf,
  Ended,
  type Filling,
  type FillingKind,
  lastBlock,
  type Waiting,
} from "./filling.ts";
import type { PartSink } from "./shelf.ts";

/** No write carries more, unless it is a single block. */
const mostAtOnce = 4 * 1024 * 1024;
/** Milliseconds of sealing after which others have their turn. */
const longestTurn = 1;

interface Batch {
  readonly bytes: Buffer;
  readonly plain: number;
}

/**
 * One part: blocks, appended to and never changed. What is put in waits in memory until `flush`; a write that fails is
 * tried again by the next one, with the same bytes in the same place, so that nothing is half written.
 */
export class Part {
  readonly #sink: PartSink;
  readonly #key: KeyObject;
  readonly #now: () => number;
  readonly #backlog: Backlog;
  #filling = new TransientMap<number, Waiting>();
  readonly #ended = new Ended();
  /** Blocks in the order in which they are to stand. */
  readonly #ready: Block[] = [];
  #sealing = false;
  #sealed: { readonly block: Buffer; readonly plain: number }[] = [];
  #batch: Batch | undefined;
  #blocks = 0;
  #size = 0;
  #pending = 0;
  #written: number;
  #flushing: Promise<void> = Promise.resolve();

  /** `backlog`: counts the bytes of text that were not written yet. */
  constructor(sink: PartSink, key: Uint8Array, now: () => number, backlog: Backlog) {
    this.#sink = sink;
    this.#backlog = backlog;
    this.#key = createSecretKey(key);
    this.#now = now;
    this.#written = now();
  }

  /** Takes an entry, as JSON, of that exchange; `last`: nothing more is put in of it. */
  entry(exchange: number, t: number, json: string, last: boolean): void {
    this.#put("entries", exchange, t, json, json.length);
    if (last) this.#end(exchange);
  }

  /** Takes a piece of a body; its bytes must not change afterwards. */
  piece(direction: Direction, exchange: number, t: number, bytes: Uint8Array): void {
    this.#put(direction, exchange, t, { t, bytes }, bytes.length);
  }

  /** Writes all that was put in before. Rejects when the place does not take it; nothing is lost then. */
  flush(): Promise<void> {
    const next = this.#flushing.catch(() => undefined).then(() => this.#write());
    this.#flushing = next;
    return next;
  }

  /** Writes it where that is due: at once in a folder, less often where each write costs. */
  async drain(): Promise<void> {
    const { bytes, ms } = this.#sink.batch;
    if (this.#pending === 0) return;
    if (this.#pending >= bytes || this.#now() - this.#written >= ms) await this.flush();
  }

  /** Makes it outlive the machine. */
  sync(): Promise<void> {
    return this.#sink.sync();
  }

  /** Ends the part properly. */
  async close(): Promise<void> {
    await this.flush();
    this.#ready.push(lastBlock);
    await this.flush();
    await this.#sink.close();
  }

  async #write(): Promise<void> {
    await this.#seal();
    this.#written = this.#now();
    for (let batch = this.#next(); batch !== undefined; batch = this.#next()) {
      await this.#sink.write(this.#size, batch.bytes);
      this.#size += batch.bytes.length;
      this.#pending -= batch.plain;
      this.#backlog.add(-batch.plain);
      this.#batch = undefined;
    }
  }

  #put(
    kind: FillingKind,
    exchange: number,
    t: number,
    content: Filling["contents"][number],
    bytes: number,
  ): void {
    const waiting = this.#filling.get(exchange) ?? {};
    this.#filling.set(exchange, waiting);
    const filling = waiting[kind] ?? { kind, exchange, t, contents: [], bytes: 0 };
    waiting[kind] = filling;
    filling.contents.push(content);
    filling.bytes += bytes;
    this.#pending += bytes;
    this.#backlog.add(bytes);
    if (filling.bytes < blockBytes) return;
    delete waiting[kind];
    this.#ready.push(blockOf(filling));
    this.#sealNow();
  }

  /**
   * As soon as exchanges that are over make a block they are sealed: until then every one of their pieces stays in memory,
   * and what outlives a collection of V8's or two costs more than what is gone by then.
   */
  #end(exchange: number): void {
    const waiting = this.#filling.get(exchange);
    if (waiting === undefined) return;
    this.#filling.delete(exchange);
    this.#ready.push(...this.#ended.add(waiting));
    this.#sealNow();
  }

  /**
   * Seals what is ready, unless that is being done: blocks of one exchange stand in order. What cannot be sealed (no memory
   * for it, say) stays ready: the next flush tries it again, and says why it fails.
   */
  #sealNow(): void {
    if (this.#sealing) return;
    try {
      while (this.#sealNext());
    } catch {
      // Told by the flush.
    }
  }

  /** Seals all that waits, and lets others have their turn in between. */
  async #seal(): Promise<void> {
    this.#ready.push(...blocksOf([...this.#ended.take(), ...this.#filling.values()]));
    this.#filling = new TransientMap();
    this.#sealing = true;
    try {
      let elapsed = stopwatch();
      while (this.#sealNext()) {
        if (elapsed() < longestTurn) continue;
        await new Promise(setImmediate);
        elapsed = stopwatch();
      }
    } finally {
      this.#sealing = false;
    }
  }

  /** Seals the first of what is ready: false when there is none. One that fails is as it was. */
  #sealNext(): boolean {
    const [next] = this.#ready;
    if (next === undefined) return false;
    const { kind, exchange, t, bytes } = next;
    const head = { kind, exchange, t, block: this.#blocks };
    this.#sealed.push({ block: sealBlock(this.#key, head, contentOf(next)), plain: bytes });
    this.#blocks += 1;
    this.#ready.shift();
    return true;
  }

  /** What is to be written next: what failed before, as it was. */
  #next(): Batch | undefined {
    if (this.#batch !== undefined || this.#sealed.length === 0) return this.#batch;
    let count = 0;
    let length = 0;
    for (const { block } of this.#sealed) {
      if (count > 0 && length + block.length > mostAtOnce) break;
      count += 1;
      length += block.length;
    }
    const taken = this.#sealed.splice(0, count);
    this.#batch = {
      bytes: Buffer.concat(taken.map(({ block }) => block)),
      plain: taken.reduce((sum, { plain }) => sum + plain, 0),
    };
    return this.#batch;
  }
}
