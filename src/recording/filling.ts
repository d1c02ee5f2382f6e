import { type BlockKind, exchangeMark, pieceMarks } from "./block.ts";
import { pieceOf } from "./entry.ts";

/** Blocks beyond this many bytes of text are closed; the rest goes to the next. */
export const blockBytes = 65_536;
/**
 * An exchange of which all that waits is no longer than this has it in one block, with other such exchanges, since each
 * block costs the same to compress and to encrypt, whatever its size. Longer bodies have blocks of their own: who reads
 * entries steps over them.
 */
const exchangeBytes = 32_768;

/** What a line is put in as. */
export type LineKind = "entries" | "request" | "response";

/** The bytes of a piece of a body: they become text when their block is sealed. */
interface Bytes {
  readonly t: number;
  readonly bytes: Uint8Array;
}

/** Lines of one kind that wait. */
export interface Filling {
  readonly kind: LineKind;
  readonly exchange: number;
  readonly t: number;
  readonly lines: (string | Bytes)[];
  bytes: number;
}

/** What waits of one exchange. */
export type Waiting = Partial<Record<LineKind, Filling>>;

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

/** The blocks that what waits of all exchanges makes: few, where it is little. */
export function blocksOf(all: Iterable<Waiting>): readonly Block[] {
  const blocks: Block[] = [];
  let few: Filling[][] = [];
  let size = 0;
  const close = (): void => {
    if (few.length > 0) blocks.push(jointBlock(few, size));
    few = [];
    size = 0;
  };
  for (const { entries, request, response } of all) {
    const fillings = [entries, request, response].filter((filling) => filling !== undefined);
    const bytes = fillings.reduce((sum, filling) => sum + filling.bytes, 0);
    if (entries === undefined || bytes > exchangeBytes) {
      blocks.push(...fillings.map(blockOf));
      continue;
    }
    if (size + bytes > blockBytes) close();
    few.push(fillings);
    size += bytes;
  }
  close();
  return blocks;
}

function jointBlock(exchanges: readonly Filling[][], bytes: number): Block {
  const fillings = exchanges.flat();
  const [first] = fillings;
  if (first !== undefined && fillings.length === 1) return blockOf(first);
  const kind = exchanges.length === 1 ? "exchange" : "exchanges";
  return { kind, exchange: first?.exchange ?? 0, t: earliest(fillings), exchanges, bytes };
}

/** The bytes of a block's text, valid until the next is asked for. */
export function textOf({ kind, exchanges }: Block): Buffer {
  text.begin();
  const isMarked = kind === "exchange" || kind === "exchanges";
  for (const fillings of exchanges) {
    if (kind === "exchanges")
      text.line(`${exchangeMark}${fillings[0]?.exchange} ${earliest(fillings)}`);
    for (const filling of fillings) write(filling, isMarked);
  }
  return text.bytes;
}

function write({ kind, lines }: Filling, isMarked: boolean): void {
  const mark = isMarked && kind !== "entries" ? pieceMarks[kind] : "";
  for (const line of lines) text.line(lineOf(line), mark);
}

function lineOf(line: Filling["lines"][number]): string {
  return typeof line === "string" ? line : JSON.stringify(pieceOf(line.t, line.bytes));
}

function earliest(fillings: readonly Filling[]): number {
  return Math.min(...fillings.map(({ t }) => t));
}

const usualRoom = 4 * blockBytes;

/** One text after the other in the same place, so that none of them is garbage. */
class Text {
  #room = Buffer.allocUnsafeSlow(usualRoom);
  #size = 0;

  begin(): void {
    this.#size = 0;
    if (this.#room.length > usualRoom) this.#room = Buffer.allocUnsafeSlow(usualRoom);
  }

  /** Adds a line, with that mark (ASCII) before it: not joined first, for a line may be long. */
  line(line: string, mark = ""): void {
    const most = 1 + mark.length + line.length * 3;
    if (this.#size + most > this.#room.length) this.#grow(this.#size + most);
    if (this.#size > 0) this.#size = this.#room.writeUInt8(newline, this.#size);
    if (mark !== "") this.#size += this.#room.write(mark, this.#size, "latin1");
    this.#size += this.#room.write(line, this.#size, "utf8");
  }

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#size);
  }

  #grow(least: number): void {
    const room = Buffer.allocUnsafeSlow(Math.max(least, 2 * this.#room.length));
    this.#room.copy(room, 0, 0, this.#size);
    this.#room = room;
  }
}

const newline = 10;
const text = new Text();
