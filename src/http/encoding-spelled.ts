import { concat, type Transform } from "./transform.ts";

/** A piece of a string: as it is written, and what it stands for. */
interface Unit {
  readonly raw: Uint8Array;
  readonly text: Uint8Array;
}

/** A way of writing text in which some bytes, or all, may be escaped. */
export interface Spelling {
  /** Whether a byte begins an escape. */
  begins(byte: number): boolean;
  /** Whether the byte can belong to an escape that has begun like this. */
  continues(started: readonly number[], byte: number): boolean;
  isWhole(started: readonly number[]): boolean;
  /** What an escape, whole or cut off, stands for. */
  textOf(raw: Uint8Array): Uint8Array;
  /** Text with the fewest escapes. */
  spell(text: Uint8Array): Uint8Array;
}

/**
 * Sends what escaped text stands for through a transform, and writes the result escaped again. What the transform
 * leaves alone keeps its spelling; what it changes is written with the fewest escapes. The result does not depend on
 * how the text was cut.
 */
export class SpelledEdit implements Transform {
  readonly #spelling: Spelling;
  readonly #transform: Transform;
  /** The beginning of an escape whose end has not come. */
  #escape: number[] = [];
  /** Given to the transform, not yet matched with what came out of it. */
  #given: Unit[] = [];
  /** How much of the first unit's text has come out. */
  #matched = 0;
  /** The transform has changed something, and has not caught up since. */
  #edited = false;

  constructor(transform: Transform, spelling: Spelling) {
    this.#transform = transform;
    this.#spelling = spelling;
  }

  get pending(): number {
    return this.#escape.length + this.#given.length + (this.#transform.pending ?? Infinity);
  }

  write(raw: Uint8Array): Uint8Array {
    const out: Uint8Array[] = [];
    let from = 0;
    while (from < raw.length) {
      if (this.#escape.length > 0 || this.#spelling.begins(raw[from] ?? 0)) {
        from = this.#readEscape(raw, from, out);
        continue;
      }
      const to = this.#endOfRun(raw, from);
      const run = from === 0 && to === raw.length ? raw : raw.subarray(from, to);
      out.push(this.#give({ raw: run, text: run }));
      from = to;
    }
    return concat(out);
  }

  flush(): Uint8Array {
    const out: Uint8Array[] = [];
    if (this.#escape.length > 0) out.push(this.#giveEscape());
    out.push(this.#take(this.#transform.flush()));
    return concat(out);
  }

  /** Takes bytes of one escape; gives the offset after them. */
  #readEscape(raw: Uint8Array, from: number, out: Uint8Array[]): number {
    let at = from;
    while (at < raw.length) {
      const byte = raw[at] ?? 0;
      if (!this.#spelling.continues(this.#escape, byte)) {
        out.push(this.#giveEscape());
        return at;
      }
      this.#escape.push(byte);
      at++;
      if (this.#spelling.isWhole(this.#escape)) {
        out.push(this.#giveEscape());
        return at;
      }
    }
    return at;
  }

  #endOfRun(raw: Uint8Array, from: number): number {
    let to = from;
    while (to < raw.length && !this.#spelling.begins(raw[to] ?? 0)) to++;
    return to;
  }

  #giveEscape(): Uint8Array {
    const raw = Uint8Array.from(this.#escape);
    this.#escape = [];
    return this.#give({ raw, text: this.#spelling.textOf(raw) });
  }

  #give(unit: Unit): Uint8Array {
    const inStep = this.#given.length === 0 && !this.#edited;
    const out = this.#transform.write(unit.text);
    if (inStep && out === unit.text) return unit.raw;
    this.#given.push(unit);
    return this.#take(out);
  }

  #take(out: Uint8Array): Uint8Array {
    const written: Uint8Array[] = [];
    let at = 0;
    while (!this.#edited && at < out.length) at += this.#matchUnit(out, at, written);
    if (at < out.length) written.push(this.#spelling.spell(out.subarray(at)));
    if (this.#transform.pending === 0) {
      this.#given = [];
      this.#matched = 0;
      this.#edited = false;
    }
    return concat(written);
  }

  /** Compares what came out with the first unit that went in; gives the number of bytes that are written with that. */
  #matchUnit(out: Uint8Array, at: number, written: Uint8Array[]): number {
    const unit = this.#given[0];
    const length = unit ? commonLength(unit.text, this.#matched, out, at) : 0;
    if (unit && this.#matched + length === unit.text.length) {
      written.push(this.#rawRest(unit));
      this.#given.shift();
      this.#matched = 0;
      return length;
    }
    const isPlain = unit?.raw === unit?.text;
    if (at + length === out.length) {
      if (isPlain) written.push(out.subarray(at));
      this.#matched += length;
      return length;
    }
    this.#edited = true;
    // The part of an escape that came out before was not written: it could not be known yet.
    if (unit && !isPlain) written.push(this.#spelling.spell(unit.text.subarray(0, this.#matched)));
    return 0;
  }

  #rawRest(unit: Unit): Uint8Array {
    return unit.raw === unit.text ? unit.raw.subarray(this.#matched) : unit.raw;
  }
}

function commonLength(a: Uint8Array, fromA: number, b: Uint8Array, fromB: number): number {
  const most = Math.min(a.length - fromA, b.length - fromB);
  let length = 0;
  while (length < most && a[fromA + length] === b[fromB + length]) length++;
  return length;
}
