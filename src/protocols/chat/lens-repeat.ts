import { member } from "./lens-stream-event.ts";

const quote = 0x22;
const backslash = 0x5c;

/** Where an event of a known form carries what is its own. */
export interface Repeat {
  /** The piece of text, escaped as in JSON. */
  readonly from: number;
  readonly to: number;
  readonly escaped: boolean;
  /** Its `sequence_number`, where the form has one. */
  readonly number: number | undefined;
  /** How many more bytes of padding than the form's own event, which nobody looks into. */
  readonly padding: number;
}

/** What may differ between two events of one form. */
interface Hole {
  readonly kind: "piece" | "number" | "padding";
  readonly from: number;
  readonly to: number;
}

/**
 * The bytes of an event but for the piece of text that it carries, its `sequence_number` and its `obfuscation`. A model
 * sends thousands of events that differ in nothing else, so that the rest of them has to be understood only once.
 */
export class EventForm {
  readonly #raw: Uint8Array;
  readonly #holes: readonly Hole[];

  private constructor(raw: Uint8Array, holes: readonly Hole[]) {
    this.#raw = raw;
    this.#holes = holes;
  }

  /** The form of this event, whose piece stands there; nothing where it has a number that cannot be found. */
  static of(raw: Uint8Array, parsed: unknown, from: number, to: number): EventForm | undefined {
    const holes: Hole[] = [{ kind: "piece", from, to }];
    if (typeof member(parsed, "sequence_number") === "number") {
      const number = holeAt(raw, '"sequence_number":', "number", isDigit);
      if (number === undefined) return undefined;
      holes.push(number);
    }
    if (typeof member(parsed, "obfuscation") === "string") {
      const padding = holeAt(raw, '"obfuscation":"', "padding", isPadding);
      if (padding !== undefined) holes.push(padding);
    }
    holes.sort((a, b) => a.from - b.from);
    const apart = holes.every((hole, index) => hole.to <= (holes[index + 1]?.from ?? raw.length));
    return apart ? new EventForm(raw, holes) : undefined;
  }

  /** The form of this event, whose piece is the member of that name; nothing where it cannot be told which that is. */
  static ofMember(raw: Uint8Array, parsed: unknown, name: string): EventForm | undefined {
    const hole = holeAt(raw, `"${name}":"`, "piece", (byte) => byte !== quote);
    const to = hole === undefined ? -1 : pieceEnd(raw, hole.from);
    return hole === undefined || to < 0 ? undefined : EventForm.of(raw, parsed, hole.from, to);
  }

  /** Reads an event that has this form. */
  match(raw: Uint8Array): Repeat | undefined {
    let known = 0;
    let at = 0;
    let from = 0;
    let to = 0;
    let escaped = false;
    let number: number | undefined;
    let padding = 0;
    for (const hole of this.#holes) {
      at = this.#same(raw, at, known, hole.from);
      if (at < 0) return undefined;
      const start = at;
      at = endOf(hole, raw, at);
      if (at < 0) return undefined;
      known = hole.to;
      if (hole.kind === "number") number = numberAt(raw, start, at);
      else if (hole.kind === "padding") padding = at - start - (hole.to - hole.from);
      else {
        from = start;
        to = at;
        escaped = hasEscape(raw, start, at);
      }
    }
    at = this.#same(raw, at, known, this.#raw.length);
    return at === raw.length ? { from, to, escaped, number, padding } : undefined;
  }

  /** Compares with what is known between two offsets; gives the offset after it, or -1. */
  #same(raw: Uint8Array, at: number, from: number, to: number): number {
    const known = this.#raw;
    if (at + to - from > raw.length) return -1;
    for (let offset = from, other = at; offset < to; offset++, other++)
      if (known[offset] !== raw[other]) return -1;
    return at + to - from;
  }
}

/** A value behind a member's name that stands in the event only once. */
function holeAt(
  raw: Uint8Array,
  name: string,
  kind: Hole["kind"],
  belongs: (byte: number) => boolean,
): Hole | undefined {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
  const first = bytes.indexOf(name);
  if (first < 0 || bytes.indexOf(name, first + 1) >= 0) return undefined;
  const from = first + name.length;
  return { kind, from, to: runEnd(raw, from, belongs) };
}

function runEnd(raw: Uint8Array, from: number, belongs: (byte: number) => boolean): number {
  let to = from;
  while (to < raw.length && belongs(raw[to] as number)) to++;
  return to;
}

function endOf({ kind }: Hole, raw: Uint8Array, from: number): number {
  if (kind === "piece") return pieceEnd(raw, from);
  const to = runEnd(raw, from, kind === "number" ? isDigit : isPadding);
  if (kind === "padding") return to;
  // As JSON has it: no zero in front of others.
  const isNumber = to > from && to - from < 16 && (raw[from] !== 0x30 || to === from + 1);
  return isNumber ? to : -1;
}

/** Where the string ends; -1 where it holds what only a parser should judge. */
function pieceEnd(raw: Uint8Array, from: number): number {
  for (let at = from; at < raw.length; at++) {
    const byte = raw[at] as number;
    if (byte === quote) return at;
    if (byte < 0x20) return -1;
    if (byte !== backslash) continue;
    const width = escapeWidth(raw, at);
    if (width === 0) return -1;
    at += width - 1;
  }
  return -1;
}

const short = new Set(Buffer.from('"\\/bfnrt'));

function escapeWidth(raw: Uint8Array, at: number): number {
  if (raw[at + 1] !== 0x75) return short.has(raw[at + 1] ?? 0) ? 2 : 0;
  return /^[0-9A-Fa-f]{4}$/.test(String.fromCharCode(...raw.subarray(at + 2, at + 6))) ? 6 : 0;
}

function hasEscape(raw: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (raw[at] === backslash) return true;
  return false;
}

function numberAt(raw: Uint8Array, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) number = number * 10 + (raw[at] as number) - 48;
  return number;
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

function isPadding(byte: number): boolean {
  return isDigit(byte) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122);
}
