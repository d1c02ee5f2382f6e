import { err, ok, type Result } from "../base/result.ts";
import type { Direction } from "../core/recording.ts";

/**
 * What a block holds before it is compressed: records, one after the other, each with nine bytes before it, big-endian: what
 * it is (1, a character of ASCII), a number (4), and how many bytes follow (4).
 */
export interface BlockRecord {
  readonly mark: Mark;
  /** Of a piece, milliseconds after the exchange began; of an exchange, its number; of an entry, zero: it tells itself. */
  readonly number: number;
  readonly bytes: Buffer;
}

/** An entry is JSON, a piece of a body its bytes. An exchange is empty: what follows is of the one with that number. */
export const mark = { entry: 0x7b, request: 0x3e, response: 0x3c, exchange: 0x23 } as const;
export type Mark = (typeof mark)[keyof typeof mark];

const marks: ReadonlySet<number> = new Set(Object.values(mark));
const headBytes = 9;
const usualRoom = 8 * 65_536;
/** A character of a string, as UTF-8, takes no more. */
const widest = 3;

/** Records of a block, written in the same place as those of the one before, so that none of them is garbage. */
export class BlockRecords {
  #room = Buffer.allocUnsafeSlow(usualRoom);
  #size = 0;

  begin(): void {
    this.#size = 0;
    if (this.#room.length > usualRoom) this.#room = Buffer.allocUnsafeSlow(usualRoom);
  }

  /** `number`: 0 to 2^32-1; what is beyond is told as the nearest. */
  add(of: Mark, number: number, content: string | Uint8Array): void {
    const isText = typeof content === "string";
    const from = this.#open(isText ? content.length * widest : content.length);
    if (isText) this.#size += this.#room.write(content, this.#size, "utf8");
    else {
      this.#room.set(content, this.#size);
      this.#size += content.length;
    }
    this.#room[from] = of;
    this.#room.writeUInt32BE(Math.min(Math.max(0, Math.round(number)), 0xffff_ffff), from + 1);
    this.#room.writeUInt32BE(this.#size - from - headBytes, from + 5);
  }

  /** All of them, as a view: valid until the next begins. */
  get bytes(): Buffer {
    return this.#room.subarray(0, this.#size);
  }

  /** Makes room for so many bytes behind a head; gives where that is. */
  #open(most: number): number {
    const from = this.#size;
    const least = from + headBytes + most;
    if (least > this.#room.length) {
      const room = Buffer.allocUnsafeSlow(Math.max(least, 2 * this.#room.length));
      this.#room.copy(room, 0, 0, from);
      this.#room = room;
    }
    this.#size = from + headBytes;
    return from;
  }
}

/** Reads them; an error where something else stands there. The bytes are views. */
export function recordsOf(block: Buffer): Result<readonly BlockRecord[]> {
  const records: BlockRecord[] = [];
  for (let at = 0; at < block.length; ) {
    if (at + headBytes > block.length) return err("the head of a record is cut");
    const of = block.readUInt8(at);
    const end = at + headBytes + block.readUInt32BE(at + 5);
    if (!isMark(of)) return err(`a record of no known kind (${of})`);
    if (end > block.length) return err("a record is cut");
    const bytes = block.subarray(at + headBytes, end);
    records.push({ mark: of, number: block.readUInt32BE(at + 1), bytes });
    at = end;
  }
  return ok(records);
}

/** Of which body a record is a piece; undefined where it is none. */
export function directionOf(of: Mark): Direction | undefined {
  if (of === mark.request) return "request";
  return of === mark.response ? "response" : undefined;
}

function isMark(byte: number): byte is Mark {
  return marks.has(byte);
}
