import type { Names } from "./names.ts";

/**
 * The protobuf wire format (protobuf.dev/programming-guides/encoding), as much of it as ext_proc needs: varints and
 * length-delimited fields, read in place and written into one exactly sized buffer. Unknown fields are skipped.
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

/** An encoded field: `tag length payload`. */
export function bytesField(field: number, ...payload: readonly Uint8Array[]): Buffer {
  return nestedField([field], payload);
}

/** The payload in the last of these fields, each of which is the one before it whole; copied once, however deep. */
export function nestedField(fields: readonly number[], payload: readonly Uint8Array[]): Buffer {
  let size = payload.reduce((total, part) => total + part.length, 0);
  const heads: number[] = [];
  for (let depth = fields.length - 1; depth >= 0; depth--) {
    const tag = (fields[depth] ?? 0) * 8 + BYTES;
    heads.push(size, tag);
    size += varintSize(tag) + varintSize(size);
  }
  const out = Buffer.allocUnsafe(size);
  let at = 0;
  for (const part of heads.reverse()) at = writeVarint(out, part, at);
  for (const part of payload) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** What comes before the bytes of a field: its tag, and their length. */
export function headOf(field: number, length: number): Buffer {
  return varintBytes(field * 8 + BYTES, length);
}

export function stringField(field: number, text: string): Buffer {
  return bytesField(field, Buffer.from(text, "utf8"));
}

export function numberField(field: number, value: number): Buffer {
  return varintBytes(field * 8 + VARINT, value);
}

/** Absent when false, as proto3 has it. */
export function boolField(field: number, value: boolean): Buffer {
  return value ? numberField(field, 1) : empty;
}

export const empty: Buffer = Buffer.alloc(0);

function varintBytes(...values: readonly number[]): Buffer {
  const out = Buffer.allocUnsafe(values.reduce((size, value) => size + varintSize(value), 0));
  let at = 0;
  for (const value of values) at = writeVarint(out, value, at);
  return out;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Gives the offset after it. */
function writeVarint(into: Buffer, value: number, offset: number): number {
  let at = offset;
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) into[at++] = (rest % 128) | 0x80;
  into[at++] = rest;
  return at;
}
