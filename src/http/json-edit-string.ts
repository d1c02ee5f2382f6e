import { concat, type Transform } from "./transform.ts";

const backslash = 0x5c;
const encoder = new TextEncoder();
const simpleEscapes: ReadonlyMap<number, number> = new Map([
  [0x62, 8],
  [0x66, 12],
  [0x6e, 10],
  [0x72, 13],
  [0x74, 9],
]);
const shortForms: ReadonlyMap<number, string> = new Map([
  [8, "\\b"],
  [12, "\\f"],
  [10, "\\n"],
  [13, "\\r"],
  [9, "\\t"],
  [0x22, '\\"'],
  [backslash, "\\\\"],
]);

/** A piece of a string: as it is written, and what it stands for. */
interface Unit {
  readonly raw: Uint8Array;
  readonly text: Uint8Array;
}

/**
 * Sends what a JSON string (RFC 8259 section 7) stands for through a transform, and writes the result as the inside of
 * a JSON string again. What the transform leaves alone keeps its spelling, escapes and all; what it changes is written
 * with the fewest escapes. The result does not depend on how the string was cut.
 */
export class JsonStringEdit {
  readonly #transform: Transform;
  /** The beginning of an escape whose end has not come. */
  #escape: number[] = [];
  /** Given to the transform, not yet matched with what came out of it. */
  #given: Unit[] = [];
  /** How much of the first unit's text has come out. */
  #matched = 0;
  /** The transform has changed something, and has not caught up since. */
  #edited = false;

  constructor(transform: Transform) {
    this.#transform = transform;
  }

  get pending(): number {
    return this.#escape.length + this.#given.length + (this.#transform.pending ?? Infinity);
  }

  /** Takes the next bytes of the string's inside, without a bare quote. */
  write(raw: Uint8Array): Uint8Array {
    const out: Uint8Array[] = [];
    let from = 0;
    while (from < raw.length) {
      if (this.#escape.length > 0 || raw[from] === backslash) {
        from = this.#readEscape(raw, from, out);
        continue;
      }
      const next = raw.indexOf(backslash, from);
      const to = next < 0 ? raw.length : next;
      const run = from === 0 && to === raw.length ? raw : raw.subarray(from, to);
      out.push(this.#give({ raw: run, text: run }));
      from = to;
    }
    return concat(out);
  }

  /** The string is over. */
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
      if (!continues(this.#escape, byte)) {
        out.push(this.#giveEscape());
        return at;
      }
      this.#escape.push(byte);
      at++;
      if (isWhole(this.#escape)) {
        out.push(this.#giveEscape());
        return at;
      }
    }
    return at;
  }

  #giveEscape(): Uint8Array {
    const raw = Uint8Array.from(this.#escape);
    this.#escape = [];
    return this.#give({ raw, text: textOf(raw) });
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
    if (at < out.length) written.push(asInside(out.subarray(at)));
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
    if (unit && !isPlain) written.push(asInside(unit.text.subarray(0, this.#matched)));
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

/** Whether the byte can belong to this escape: `\n`, `\u00e9`, or a pair of surrogates as one. */
function continues(started: readonly number[], byte: number): boolean {
  const at = started.length;
  if (at === 0 || at === 6) return byte === backslash;
  if (at === 1) return true;
  if (at === 7) return byte === 0x75;
  return isHex(byte);
}

function isWhole(started: readonly number[]): boolean {
  if (started.length < 2) return false;
  if (started[1] !== 0x75) return true;
  if (started.length < 6) return false;
  return started.length === 12 || !isHighSurrogate(codeUnit(started, 2));
}

function isHex(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102);
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function codeUnit(bytes: ArrayLike<number>, from: number): number {
  let unit = 0;
  for (let at = from; at < from + 4; at++)
    unit = unit * 16 + Number.parseInt(String.fromCharCode(bytes[at] ?? 48), 16);
  return unit;
}

/** What an escape stands for, in UTF-8; a lone surrogate in the three bytes that UTF-8 would have for it. */
function textOf(raw: Uint8Array): Uint8Array {
  const kind = raw[1];
  if (kind !== 0x75 || raw.length < 6) {
    if (kind === undefined || raw.length > 2) return raw;
    return Uint8Array.of(simpleEscapes.get(kind) ?? kind);
  }
  const first = codeUnit(raw, 2);
  if (raw.length < 12) return concat([unit(first), raw.subarray(6)]);
  const second = codeUnit(raw, 8);
  if (second < 0xdc00 || second > 0xdfff) return concat([unit(first), textOf(raw.subarray(6))]);
  return encoder.encode(String.fromCharCode(first, second));
}

function unit(code: number): Uint8Array {
  if (code < 0xd800 || code > 0xdfff) return encoder.encode(String.fromCharCode(code));
  return Uint8Array.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
}

/** Text as the inside of a JSON string, with the fewest escapes. */
function asInside(text: Uint8Array): Uint8Array {
  if (!text.some((byte, at) => needsEscape(byte) || isLoneSurrogate(text, at))) return text;
  const out: Uint8Array[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] ?? 0;
    const lone = isLoneSurrogate(text, at);
    if (!needsEscape(byte) && !lone) continue;
    out.push(text.subarray(from, at));
    out.push(encoder.encode(lone ? surrogateEscape(text, at) : asciiEscape(byte)));
    from = at + (lone ? 3 : 1);
  }
  out.push(text.subarray(from));
  return concat(out);
}

function needsEscape(byte: number): boolean {
  return byte < 0x20 || byte === 0x22 || byte === backslash;
}

function isLoneSurrogate(text: Uint8Array, at: number): boolean {
  return text[at] === 0xed && (text[at + 1] ?? 0) >= 0xa0 && (text[at + 1] ?? 0) <= 0xbf;
}

function asciiEscape(byte: number): string {
  return shortForms.get(byte) ?? `\\u${byte.toString(16).padStart(4, "0")}`;
}

function surrogateEscape(text: Uint8Array, at: number): string {
  const code = 0xd000 | (((text[at + 1] ?? 0) & 0x3f) << 6) | ((text[at + 2] ?? 0) & 0x3f);
  return `\\u${code.toString(16)}`;
}
