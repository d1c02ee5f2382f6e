import { concat, nothing, type Transform } from "./transform.ts";

/** A way of writing text in which some bytes, or all, may be escaped. */
export interface Spelling {
  /** 1 for each byte that begins an escape. */
  readonly begins: Uint8Array;
  /** What the byte after that stands for where it ends the escape; -1 where there is more to it. */
  readonly second: Int16Array;
  /** Whether the byte can belong to an escape that has begun like this. */
  continues(started: readonly number[], byte: number): boolean;
  isWhole(started: readonly number[]): boolean;
  /** What an escape, whole or cut off, stands for. */
  textOf(raw: Uint8Array): Uint8Array;
  /** Text with the fewest escapes. */
  spell(text: Uint8Array): Uint8Array;
}

/** A piece of the text: as it is written, and what it stands for. */
interface Piece {
  readonly raw: Uint8Array;
  readonly text: Uint8Array;
}

/**
 * Sends what escaped text stands for through a transform, and writes the result escaped again. Up to the first byte
 * that the transform changes all keeps its spelling; from there on it is written with the fewest escapes. The result
 * does not depend on how the text was cut.
 */
export class SpelledEdit implements Transform {
  readonly #spelling: Spelling;
  readonly #transform: Transform;
  /** The beginning of an escape whose end has not come. */
  #started: number[] = [];
  /** Given to the transform, not yet matched with what came out of it. */
  #given: Piece[] = [];
  /** How much of the first piece's text has come out, and how much of its spelling was written for that. */
  #matched = 0;
  #written = 0;
  /** The transform has changed something. */
  #edited = false;

  constructor(transform: Transform, spelling: Spelling) {
    this.#transform = transform;
    this.#spelling = spelling;
  }

  get pending(): number {
    return this.#started.length + (this.#transform.pending ?? Infinity);
  }

  write(raw: Uint8Array): Uint8Array {
    const piece = this.#read(raw);
    const inStep = this.#given.length === 0 && !this.#edited;
    const out = this.#transform.write(piece.text);
    if (inStep && out === piece.text) return piece.raw;
    if (!this.#edited) this.#given.push(piece);
    return this.#take(out);
  }

  flush(): Uint8Array {
    const rest = Uint8Array.from(this.#started);
    this.#started = [];
    const cut = rest.length > 0 ? this.#spelling.textOf(rest) : rest;
    const last = rest.length > 0 ? this.#transform.write(cut) : nothing;
    if (rest.length > 0) this.#given.push({ raw: rest, text: cut });
    return concat([this.#take(last), this.#take(this.#transform.flush())]);
  }

  /** Undoes the escapes; one that is cut off waits for its end. */
  #read(chunk: Uint8Array): Piece {
    const raw = this.#started.length > 0 ? concat([Uint8Array.from(this.#started), chunk]) : chunk;
    this.#started = [];
    const first = firstOf(raw, this.#spelling.begins);
    if (first === raw.length) return { raw, text: raw };
    const text = new Uint8Array(raw.length);
    text.set(raw.subarray(0, first));
    const { at, to } = this.#unescape(raw, first, text);
    this.#started = [...raw.subarray(at)];
    return { raw: raw.subarray(0, at), text: text.subarray(0, to) };
  }

  #unescape(raw: Uint8Array, first: number, text: Uint8Array): { at: number; to: number } {
    const { begins, second } = this.#spelling;
    let to = first;
    let at = first;
    while (at < raw.length) {
      const byte = raw[at] as number;
      if (begins[byte] === 0) {
        text[to++] = byte;
        at++;
        continue;
      }
      const short = at + 1 < raw.length ? (second[raw[at + 1] as number] as number) : -1;
      if (short >= 0) {
        text[to++] = short;
        at += 2;
        continue;
      }
      const end = this.#endOfEscape(raw, at);
      if (end < 0) break;
      const meant = this.#spelling.textOf(raw.subarray(at, end));
      text.set(meant, to);
      to += meant.length;
      at = end;
    }
    return { at, to };
  }

  /** Where the escape ends; -1 if that cannot be known yet. */
  #endOfEscape(raw: Uint8Array, from: number): number {
    const started: number[] = [];
    for (let at = from; at < raw.length; at++) {
      const byte = raw[at] ?? 0;
      if (!this.#spelling.continues(started, byte)) return at;
      started.push(byte);
      if (this.#spelling.isWhole(started)) return at + 1;
    }
    return -1;
  }

  #take(out: Uint8Array): Uint8Array {
    const written: Uint8Array[] = [];
    let at = 0;
    while (!this.#edited && at < out.length) at += this.#match(out, at, written);
    if (at < out.length) written.push(this.#spelling.spell(out.subarray(at)));
    return concat(written);
  }

  /** Compares what came out with the first piece that went in; gives how much of it is the same and written. */
  #match(out: Uint8Array, at: number, written: Uint8Array[]): number {
    const piece = this.#given[0];
    if (!piece) {
      this.#edited = true;
      return 0;
    }
    const length = commonLength(piece.text, this.#matched, out, at);
    this.#matched += length;
    if (this.#matched === piece.text.length) {
      written.push(piece.raw.subarray(this.#written));
      this.#given.shift();
      this.#matched = 0;
      this.#written = 0;
      return length;
    }
    const { raw, text } = this.#spellingUpTo(piece, this.#matched);
    written.push(piece.raw.subarray(this.#written, raw));
    this.#written = raw;
    if (at + length < out.length) {
      this.#edited = true;
      this.#given = [];
      // The part of an escape that came out was not written before it was known to be whole.
      written.push(this.#spelling.spell(piece.text.subarray(text, this.#matched)));
    }
    return length;
  }

  /** How much of a piece's spelling stands for that much of its text, whole escapes only; and how much text that is. */
  #spellingUpTo(piece: Piece, offset: number): { raw: number; text: number } {
    if (piece.raw === piece.text) return { raw: offset, text: offset };
    let raw = 0;
    let text = 0;
    while (text < offset) {
      const isEscape = this.#spelling.begins[piece.raw[raw] ?? 0] === 1;
      const end = isEscape ? this.#endOfEscape(piece.raw, raw) : raw + 1;
      const rawTo = end < 0 ? piece.raw.length : end;
      const width = isEscape ? this.#spelling.textOf(piece.raw.subarray(raw, rawTo)).length : 1;
      if (text + width > offset) break;
      raw = rawTo;
      text += width;
    }
    return { raw, text };
  }
}

function firstOf(bytes: Uint8Array, set: Uint8Array): number {
  let at = 0;
  while (at < bytes.length && set[bytes[at] as number] === 0) at++;
  return at;
}

function commonLength(a: Uint8Array, fromA: number, b: Uint8Array, fromB: number): number {
  const most = Math.min(a.length - fromA, b.length - fromB);
  let length = 0;
  while (length < most && a[fromA + length] === b[fromB + length]) length++;
  return length;
}
