import { isUtf8 } from "node:buffer";
import { firstMarked, zeroBytes } from "../base/zero-bytes.ts";
import { blockBytes } from "./block.ts";
import { pieceOf } from "./entry.ts";

const usualRoom = 8 * blockBytes;
/** Bytes that JSON makes of one byte of a text at most. */
const escapeRoom = 6;

/** The lines of a block, one text after the other in the same place, so that none of them is garbage. */
export class BlockText {
  #room = Buffer.allocUnsafeSlow(usualRoom);
  #size = 0;

  begin(): void {
    this.#size = 0;
    if (this.#room.length > usualRoom) this.#room = Buffer.allocUnsafeSlow(usualRoom);
  }

  /** Adds a line, with that mark (ASCII) before it: not joined first, for a line may be long. */
  line(line: string, mark = ""): void {
    this.#open(mark, line.length * 3);
    this.#write(line);
  }

  /** Adds the line of a piece of a body: the JSON of `pieceOf`, without a string of what may be long. */
  piece(t: number, bytes: Uint8Array, mark: string): void {
    if (!isUtf8(bytes)) {
      this.line(JSON.stringify(pieceOf(t, bytes)), mark);
      return;
    }
    const head = `[${JSON.stringify(t)},"`;
    this.#open(mark, head.length + bytes.length * escapeRoom + tail.length);
    this.#write(head);
    this.#size = writeEscaped(this.#room, this.#size, bytes);
    this.#write(tail);
  }

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#size);
  }

  /** Begins a line that takes no more room than that, behind its mark. */
  #open(mark: string, most: number): void {
    const least = this.#size + 1 + mark.length + most;
    if (least > this.#room.length) this.#grow(least);
    if (this.#size > 0) this.#size = this.#room.writeUInt8(newline, this.#size);
    if (mark !== "") this.#size += this.#room.write(mark, this.#size, "latin1");
  }

  #write(text: string): void {
    this.#size += this.#room.write(text, this.#size, "utf8");
  }

  #grow(least: number): void {
    const room = Buffer.allocUnsafeSlow(Math.max(least, 2 * this.#room.length));
    this.#room.copy(room, 0, 0, this.#size);
    this.#room = room;
  }
}

const newline = 10;
const tail = '"]';

/** What each byte of ASCII becomes within a string of JSON. */
const escapes = Array.from({ length: 128 }, (_, code) =>
  Buffer.from(JSON.stringify(String.fromCharCode(code)).slice(1, -1)),
);

/** Writes UTF-8 as it stands within a string of JSON, four bytes at a time; gives where it ends. */
function writeEscaped(into: Buffer, from: number, text: Uint8Array): number {
  const read = new DataView(text.buffer, text.byteOffset, text.length);
  const written = new DataView(into.buffer, into.byteOffset, into.length);
  let to = from;
  let at = 0;
  while (at < text.length) {
    for (const last = text.length - 4; at <= last; at += 4, to += 4) {
      const word = read.getInt32(at, true);
      written.setInt32(to, word, true);
      const marks = escaped(word);
      if (marks === 0) continue;
      at += firstMarked(marks);
      to += firstMarked(marks);
      break;
    }
    if (at < text.length) to = writeByte(into, to, text[at++] as number);
  }
  return to;
}

/** The top bit of each byte that JSON escapes, and perhaps of some above the lowest: quotes, backslashes, controls. */
function escaped(word: number): number {
  return zeroBytes(word ^ 0x22222222) | zeroBytes(word ^ 0x5c5c5c5c) | zeroBytes(word & 0xe0e0e0e0);
}

function writeByte(into: Buffer, from: number, byte: number): number {
  const spelled = escapes[byte];
  if (spelled === undefined) {
    into[from] = byte;
    return from + 1;
  }
  for (let at = 0; at < spelled.length; at++) into[from + at] = spelled[at] as number;
  return from + spelled.length;
}
