import { createSecretKey, type KeyObject } from "node:crypto";
import { stopwatch } from "../base/stopwatch.ts";
import { type BlockKind, pieceMarks, sealBlock } from "./block.ts";
import type { PartSink } from "./shelf.ts";

/** Blocks beyond this many bytes of text are closed; the rest goes to the next. */
const blockBytes = 65_536;
/**
 * An exchange of which all that waits is no longer than this has it in one block, since each costs the same to compress
 * and to encrypt, whatever its size. Longer bodies have blocks of their own: who reads entries steps over them.
 */
const exchangeBytes = 32_768;
/** No write carries more, unless it is a single block. */
const mostAtOnce = 4 * 1024 * 1024;
/** Milliseconds of sealing after which others have their turn. */
const longestTurn = 1;

/** What a line is put in as. */
export type LineKind = "entries" | "request" | "response";

interface Filling {
  readonly kind: BlockKind;
  readonly exchange: number;
  readonly t: number;
  readonly lines: string[];
  bytes: number;
}

/** What waits of one exchange. */
type Waiting = Partial<Record<LineKind, Filling>>;

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
  #filling = new Map<number, Waiting>();
  #ready: Filling[] = [];
  #sealed: { readonly block: Buffer; readonly plain: number }[] = [];
  #batch: Batch | undefined;
  #blocks = 0;
  #size = 0;
  #pending = 0;
  #written: number;
  #flushing: Promise<void> = Promise.resolve();

  constructor(sink: PartSink, key: Uint8Array, now: () => number) {
    this.#sink = sink;
    this.#key = createSecretKey(key);
    this.#now = now;
    this.#written = now();
  }

  /** Bytes of text that were not written yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Takes one line (no line break in it) of that kind, of that exchange. */
  put(kind: LineKind, exchange: number, t: number, line: string): void {
    const waiting = this.#filling.get(exchange) ?? {};
    this.#filling.set(exchange, waiting);
    const filling = waiting[kind] ?? { kind, exchange, t, lines: [], bytes: 0 };
    waiting[kind] = filling;
    filling.lines.push(line);
    filling.bytes += line.length;
    this.#pending += line.length;
    if (filling.bytes < blockBytes) return;
    delete waiting[kind];
    this.#ready.push(filling);
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
    this.#ready.push({ kind: "last", exchange: 0, t: 0, lines: [], bytes: 0 });
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
      this.#batch = undefined;
    }
  }

  async #seal(): Promise<void> {
    const fillings = [...this.#ready, ...[...this.#filling.values()].flatMap(blocksOf)];
    this.#ready = [];
    this.#filling = new Map();
    let elapsed = stopwatch();
    for (const { kind, exchange, t, lines, bytes } of fillings) {
      const head = { kind, exchange, t, block: this.#blocks++ };
      const block = sealBlock(this.#key, head, lines.join("\n"));
      this.#sealed.push({ block, plain: bytes });
      if (elapsed() < longestTurn) continue;
      await new Promise(setImmediate);
      elapsed = stopwatch();
    }
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

/** The blocks that waiting lines make: one, where they are few. */
function blocksOf({ entries, request, response }: Waiting): readonly Filling[] {
  const fillings = [entries, request, response].filter((filling) => filling !== undefined);
  const bytes = fillings.reduce((sum, filling) => sum + filling.bytes, 0);
  if (entries === undefined || fillings.length === 1 || bytes > exchangeBytes) return fillings;
  const lines = [
    ...entries.lines,
    ...(request?.lines ?? []).map((line) => pieceMarks.request + line),
    ...(response?.lines ?? []).map((line) => pieceMarks.response + line),
  ];
  const t = Math.min(...fillings.map((filling) => filling.t));
  return [{ kind: "exchange", exchange: entries.exchange, t, lines, bytes }];
}
