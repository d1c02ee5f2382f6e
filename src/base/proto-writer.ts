/**
 * Writes the protobuf wire format (protobuf.dev/programming-guides/encoding) into one buffer that grows: no object per
 * field, no second pass for lengths. Fields of the default value are for the caller to leave out.
 */
export class ProtoWriter {
  readonly #room: number;
  #bytes: Buffer;
  #at = 0;

  /** Room for so many bytes to begin with. */
  constructor(room = 1024) {
    this.#room = Math.max(room, 64);
    this.#bytes = Buffer.allocUnsafe(this.#room);
  }

  /** Begins anew in the same memory, but gives back what a large message took. */
  clear(): void {
    this.#at = 0;
    if (this.#bytes.length > this.#room) this.#bytes = Buffer.allocUnsafe(this.#room);
  }

  /** What was written, as a view; only `clear` may follow. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  /** How much was written. */
  get length(): number {
    return this.#at;
  }

  /** What was written since it was that much, as a view; to be copied before more is written. */
  since(length: number): Buffer {
    return this.#bytes.subarray(length, this.#at);
  }

  /** A whole number from 0 to 2^53. */
  number(field: number, value: number): void {
    this.#need(20);
    this.#varint(field * 8);
    this.#varint(value);
  }

  /** An int64, of either sign. */
  int64(field: number, value: number): void {
    if (value >= 0) {
      this.number(field, value);
      return;
    }
    this.#need(20);
    this.#varint(field * 8);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 128n; rest >>= 7n)
      this.#bytes[this.#at++] = Number(BigInt.asUintN(7, rest)) | 0x80;
    this.#bytes[this.#at++] = Number(rest);
  }

  /** A fixed64 from its halves. */
  fixed64(field: number, low: number, high: number): void {
    this.#need(18);
    this.#varint(field * 8 + 1);
    this.#at = this.#bytes.writeUInt32LE(low, this.#at);
    this.#at = this.#bytes.writeUInt32LE(high, this.#at);
  }

  double(field: number, value: number): void {
    this.#need(18);
    this.#varint(field * 8 + 1);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  fixed32(field: number, value: number): void {
    this.#need(14);
    this.#varint(field * 8 + 5);
    this.#at = this.#bytes.writeUInt32LE(value, this.#at);
  }

  bytes(field: number, value: Uint8Array): void {
    this.#need(20 + value.length);
    this.#varint(field * 8 + 2);
    this.#varint(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** What comes before a field of so many bytes, which follow. */
  head(field: number, length: number): void {
    this.#need(20);
    this.#varint(field * 8 + 2);
    this.#varint(length);
  }

  /** Bytes that are a field, or several, as they stand. */
  raw(fields: Uint8Array): void {
    this.#need(fields.length);
    this.#bytes.set(fields, this.#at);
    this.#at += fields.length;
  }

  /** Bytes spelled in hexadecimal digits. */
  hex(field: number, digits: string): void {
    this.#need(20 + digits.length);
    this.#varint(field * 8 + 2);
    this.#varint(digits.length >> 1);
    this.#at += this.#bytes.write(digits, this.#at, "hex");
  }

  string(field: number, text: string): void {
    const { length } = text;
    // No text has more than three bytes for each unit.
    this.#need(20 + length * 3);
    this.#varint(field * 8 + 2);
    if (length < shortText && this.#ascii(text)) return;
    // Where each unit is one byte, as nearly always, the text stands where it must.
    const from = this.#at + sizeOf(length);
    const bytes = this.#bytes.write(text, from, "utf8");
    const start = this.#at + sizeOf(bytes);
    if (start !== from) this.#bytes.copyWithin(start, from, from + bytes);
    this.#varint(bytes);
    this.#at += bytes;
  }

  /** A text of which each unit is a byte. */
  latin1(field: number, text: string): void {
    this.#need(20 + text.length);
    this.#varint(field * 8 + 2);
    this.#varint(text.length);
    this.#at += this.#bytes.write(text, this.#at, "latin1");
  }

  /** Begins a message in that field; `end` takes what this gives. */
  begin(field: number): number {
    this.#need(20);
    this.#varint(field * 8 + 2);
    this.#at += 1;
    return this.#at;
  }

  /** Ends the message that began there: its length goes before it, for which a longer one moves. */
  end(from: number): void {
    const length = this.#at - from;
    const more = sizeOf(length) - 1;
    if (more > 0) {
      this.#need(more);
      this.#bytes.copyWithin(from + more, from, this.#at);
    }
    this.#at = from - 1;
    this.#varint(length);
    this.#at += length;
  }

  /** Short texts are nearly all ASCII. */
  #ascii(text: string): boolean {
    const from = this.#at;
    const bytes = this.#bytes;
    bytes[from] = text.length;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit >= 0x80) return false;
      bytes[from + 1 + at] = unit;
    }
    this.#at = from + 1 + text.length;
    return true;
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = rest < 0x8000_0000 ? rest >>> 7 : Math.floor(rest / 128))
      this.#bytes[this.#at++] = (rest % 128) | 0x80;
    this.#bytes[this.#at++] = rest;
  }

  #need(room: number): void {
    const needed = this.#at + room;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** A loop takes fewer characters in less time than a call takes; the length of so few takes one byte. */
const shortText = 32;

/** How long a field of so many bytes is whose number is below 16. */
export function messageSize(length: number): number {
  return 1 + sizeOf(length) + length;
}

function sizeOf(length: number): number {
  let size = 1;
  for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 128)) size += 1;
  return size;
}
