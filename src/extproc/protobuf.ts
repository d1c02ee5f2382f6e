import type { Names } from "./names.ts";

/**
 * Reads the protobuf wire format (protobuf.dev/programming-guides/encoding), as much of it as ext_proc needs: varints
 * and length-delimited fields, in place. Unknown fields are skipped.
 */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Walks the fields of one message without copying. Throws RangeError on malformed input. */
export class Reader {
  readonly #bytes: Buffer;
  #at: number;
  #end: number;
  #wireType = VARINT;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** The next field's number, or 0 at the end of the message. Each field is then read or skipped. */
  next(): number {
    if (this.#at >= this.#end) return 0;
    const tag = this.varint();
    this.#wireType = tag & 7;
    const field = tag >>> 3;
    if (field === 0) throw new RangeError("protobuf: field number 0");
    return field;
  }

  /** A varint up to 2^53; longer ones lose their top bits (no field of ours needs them). */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let length = 0; length < 10; length += 1) {
      if (this.#at >= this.#end) throw new RangeError("protobuf: varint past the end");
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new RangeError("protobuf: varint longer than 10 bytes");
  }

  bool(): boolean {
    this.#expect(VARINT);
    return this.varint() !== 0;
  }

  number(): number {
    this.#expect(VARINT);
    return this.varint();
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    const end = this.#span();
    const view = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return view;
  }

  string(): string {
    const end = this.#span();
    const text = this.#bytes.toString("utf8", this.#at, end);
    this.#at = end;
    return text;
  }

  /** A text in Latin-1. */
  latin1(): string {
    const end = this.#span();
    const text = this.#bytes.toString("latin1", this.#at, end);
    this.#at = end;
    return text;
  }

  /** A name, as `names` know it. */
  name(names: Names): string {
    const end = this.#span();
    const name = names.of(this.#bytes, this.#at, end);
    this.#at = end;
    return name;
  }

  /** Another reader for the message in this field. */
  message(): Reader {
    const end = this.#span();
    const inner = new Reader(this.#bytes, this.#at, end);
    this.#at = end;
    return inner;
  }

  /** Reads on in the message of this field, up to its end; gives where to go on after `leave`. */
  enter(): number {
    const outer = this.#end;
    this.#end = this.#span();
    return outer;
  }

  /** The message that was entered is over. */
  leave(outer: number): void {
    this.#end = outer;
  }

  skip(): void {
    switch (this.#wireType) {
      case VARINT:
        this.varint();
        return;
      case FIXED64:
        this.#advance(8);
        return;
      case BYTES:
        this.#at = this.#span();
        return;
      case FIXED32:
        this.#advance(4);
        return;
      default:
        throw new RangeError(`protobuf: wire type ${this.#wireType}`);
    }
  }

  #advance(length: number): void {
    if (this.#at + length > this.#end) throw new RangeError("protobuf: field past the end");
    this.#at += length;
  }

  /** Reads a length and gives the end of the bytes that follow. */
  #span(): number {
    this.#expect(BYTES);
    const length = this.varint();
    const end = this.#at + length;
    if (end > this.#end) throw new RangeError("protobuf: field past the end");
    return end;
  }

  #expect(wireType: number): void {
    if (this.#wireType !== wireType) throw new RangeError(`protobuf: wire type ${this.#wireType}`);
  }
}
