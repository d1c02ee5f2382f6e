import { ConnectionError, reason } from "./codes.ts";
import { type Field, type FieldSink, fieldOf } from "./field.ts";
import { huffmanText } from "./huffman.ts";
import { HeaderTable, tableSize } from "./tables.ts";

/** Bytes that may follow the first one of a number: nothing that fits is longer. */
const longestNumber = 4;
const nothing = Buffer.alloc(0);

/** Reads header blocks in the order in which they came (RFC 7541). One for each connection. */
export class HpackReader {
  readonly #table = new HeaderTable();
  #bytes: Buffer = nothing;
  #at = 0;
  #end = 0;

  /** Tells `sink` each line of a whole block. Throws a ConnectionError where the block cannot be read. */
  read(bytes: Buffer, start: number, end: number, sink: FieldSink): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    while (this.#at < this.#end && this.#peek() >> 5 === 1) this.#resize();
    while (this.#at < this.#end) sink.add(this.#line());
    // The block lies in what the socket gave, which must not be kept.
    this.#bytes = nothing;
  }

  /** Sections 6.1 and 6.2. A size update behind a line is none (section 4.2). */
  #line(): Field {
    const first = this.#peek();
    if (first >= 0x80) return this.#indexed(this.#number(0x7f));
    if (first >= 0x40) {
      const field = this.#literal(0x3f);
      this.#table.add(field);
      return field;
    }
    if (first >= 0x20) throw unreadable("a table is resized within a block");
    return this.#literal(0x0f);
  }

  #literal(mask: number): Field {
    const index = this.#number(mask);
    const name = index === 0 ? this.#text() : this.#indexed(index).name;
    return fieldOf(name, this.#text());
  }

  #indexed(index: number): Field {
    const field = this.#table.at(index);
    if (field === undefined) throw unreadable("a line that no table holds");
    return field;
  }

  /** Section 6.3. */
  #resize(): void {
    const size = this.#number(0x1f);
    if (size > tableSize) throw unreadable("a table larger than allowed");
    this.#table.resize(size);
  }

  /** Section 5.2. */
  #text(): string {
    const huffman = this.#peek() >= 0x80;
    const length = this.#number(0x7f);
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) throw unreadable("a text longer than its block");
    this.#at = end;
    return huffman
      ? huffmanText(this.#bytes, start, end)
      : this.#bytes.toString("latin1", start, end);
  }

  /** Section 5.1. */
  #number(mask: number): number {
    let value = this.#peek() & mask;
    this.#at += 1;
    if (value < mask) return value;
    for (let more = 0; more < longestNumber; more += 1) {
      const byte = this.#peek();
      this.#at += 1;
      value += (byte & 0x7f) * 128 ** more;
      if (byte < 0x80) return value;
    }
    throw unreadable("a number longer than any");
  }

  #peek(): number {
    if (this.#at >= this.#end) throw unreadable("a block that is cut");
    return this.#bytes[this.#at] ?? 0;
  }
}

function unreadable(message: string): ConnectionError {
  return new ConnectionError(reason.compression, message);
}
