import { type BlockKind, blockBytes } from "./block.ts";
import { BlockRecords, mark } from "./block-records.ts";
import type { Piece } from "./entry.ts";

/**
 * An exchange of which all that waits is no longer than this has it in one block, with other such exchanges, since each
 * block costs the same to compress and to encrypt, whatever its size. Longer bodies have blocks of their own: who reads
 * entries steps over them.
 */
const exchangeBytes = 32_768;

/** What is put in: entries, or pieces of a body. */
export type FillingKind = "entries" | "request" | "response";

/** What waits of one kind: the JSON of entries, or pieces. */
export interface Filling {
  readonly kind: FillingKind;
  readonly exchange: number;
  readonly t: number;
  readonly contents: (string | Piece)[];
  bytes: number;
}

/** What waits of one exchange. */
export type Waiting = Partial<Record<FillingKind, Filling>>;

/** What goes in one block: of one exchange, or all that waits of each of several. */
export interface Block {
  readonly kind: BlockKind;
  readonly exchange: number;
  readonly t: number;
  readonly exchanges: readonly (readonly Filling[])[];
  readonly bytes: number;
}

/** How a part ends properly. */
export const lastBlock: Block = { kind: "last", exchange: 0, t: 0, exchanges: [], bytes: 0 };

/** The block of one kind of line. */
export function blockOf(filling: Filling): Block {
  const { kind, exchange, t, bytes } = filling;
  return { kind, exchange, t, exchanges: [[filling]], bytes };
}

/** What waits of exchanges that are over, until it makes a block. */
export class Ended {
  #waiting: Waiting[] = [];
  #bytes = 0;

  /** Takes what waits of one more; gives the blocks that are whole with that. */
  add(waiting: Waiting): readonly Block[] {
    const bytes = bytesOf(waiting);
    if (bytes > exchangeBytes) return blocksOf([waiting]);
    const whole = this.#bytes + bytes > blockBytes ? blocksOf(this.take()) : [];
    this.#waiting.push(waiting);
    this.#bytes += bytes;
    return whole;
  }

  /** What makes no block yet. */
  take(): readonly Waiting[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    return waiting;
  }
}

function bytesOf({ entries, request, response }: Waiting): number {
  return (entries?.bytes ?? 0) + (request?.bytes ?? 0) + (response?.bytes ?? 0);
}

/** The blocks that what waits of all exchanges makes: few, where it is little. */
export function blocksOf(all: Iterable<Waiting>): readonly Block[] {
  const blocks: Block[] = [];
  let few: Filling[][] = [];
  let size = 0;
  for (const waiting of all) {
    const { entries, request, response } = waiting;
    const fillings = [entries, request, response].filter(isThere);
    const bytes = bytesOf(waiting);
    if (entries === undefined || bytes > exchangeBytes) {
      blocks.push(...fillings.map(blockOf));
      continue;
    }
    if (size + bytes > blockBytes && few.length > 0) {
      blocks.push(jointBlock(few, size));
      few = [];
      size = 0;
    }
    few.push(fillings);
    size += bytes;
  }
  if (few.length > 0) blocks.push(jointBlock(few, size));
  return blocks;
}

function isThere(filling: Filling | undefined): filling is Filling {
  return filling !== undefined;
}

function jointBlock(exchanges: readonly Filling[][], bytes: number): Block {
  const fillings = exchanges.flat();
  const [first] = fillings;
  if (first !== undefined && fillings.length === 1) return blockOf(first);
  const kind = exchanges.length === 1 ? "exchange" : "exchanges";
  return { kind, exchange: first?.exchange ?? 0, t: earliest(fillings), exchanges, bytes };
}

/** What a block holds, as bytes that are valid until the next is asked for. */
export function contentOf({ kind, exchanges }: Block): Buffer {
  records.begin();
  for (const fillings of exchanges) {
    if (kind === "exchanges") records.add(mark.exchange, fillings[0]?.exchange ?? 0, "");
    for (const filling of fillings) write(filling);
  }
  return records.bytes;
}

function write({ kind, contents }: Filling): void {
  for (const content of contents)
    if (typeof content === "string") records.add(mark.entry, 0, content);
    else if (kind !== "entries") records.add(mark[kind], content.t, content.bytes);
}

function earliest(fillings: readonly Filling[]): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { t } of fillings) first = Math.min(first, t);
  return first;
}

const records = new BlockRecords();
