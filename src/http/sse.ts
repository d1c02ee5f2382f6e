import { ByteQueue } from "./sse-queue.ts";
import { concat, nothing, type Transform } from "./transform.ts";

/** One server-sent event, as it came. */
export interface SseEvent {
  /** All of its bytes, with the blank line that ends it. */
  readonly raw: Uint8Array;
  /** The data lines, joined by line feeds; absent where there are none. */
  readonly data: Uint8Array | undefined;
}

export interface SseOptions {
  /** Gives what is sent in place of the event: its own bytes, changed ones, or more events. */
  readonly edit: (event: SseEvent) => Uint8Array;
  /** Called once after the last event: what is to be sent after it. */
  readonly end: () => Uint8Array;
  /** Reads the bytes of an event that is too long to be kept, and of all that comes after it. */
  readonly overflow: () => Transform;
  /** The longest event that is understood, in bytes. */
  readonly longest?: number;
}

const defaultLongest = 16 * 1024 * 1024;
const lineFeed = 10;
const carriageReturn = 13;

/** Edits a stream of server-sent events (WHATWG HTML, section 9.2) event by event; it holds one event at most. */
export function editSse(options: SseOptions): Transform {
  return new SseEdit(options);
}

class SseEdit implements Transform {
  readonly #options: SseOptions;
  readonly #queue = new ByteQueue();
  /** Where to go on looking for the end of the event. */
  #looked = 0;
  /** The line that is being read has no bytes yet. */
  #lineEmpty = true;
  #overflow: Transform | undefined;

  constructor(options: SseOptions) {
    this.#options = options;
  }

  write(chunk: Uint8Array): Uint8Array {
    if (this.#overflow) return this.#overflow.write(chunk);
    const isBegun = this.#queue.length > 0;
    const end = isBegun ? 0 : this.#findEnd(chunk, 0);
    // Mostly each event comes in a chunk of its own.
    if (end > 0 && end === chunk.length) return this.#options.edit(new RawEvent(chunk));
    const out: Uint8Array[] = [];
    if (isBegun) this.#readOn(chunk, out);
    else this.#readWhole(chunk, end, out);
    if (this.#queue.length > (this.#options.longest ?? defaultLongest)) {
      this.#overflow = this.#options.overflow();
      out.push(this.#overflow.write(this.#queue.take(this.#queue.length)));
    }
    return concat(out);
  }

  /** Events that begin and end in this chunk are read where they stand, as most are; the rest is kept. */
  #readWhole(chunk: Uint8Array, first: number, out: Uint8Array[]): void {
    let begin = 0;
    for (let end = first; end > 0; end = this.#findEnd(chunk, end)) {
      out.push(this.#options.edit(new RawEvent(chunk.subarray(begin, end))));
      begin = end;
    }
    this.#looked -= begin;
    if (begin < chunk.length) this.#queue.push(chunk.subarray(begin));
  }

  #readOn(chunk: Uint8Array, out: Uint8Array[]): void {
    this.#queue.push(chunk);
    const find = () => this.#findEnd(this.#queue.bytes, this.#looked);
    for (let end = find(); end > 0; end = find()) {
      out.push(this.#options.edit(new RawEvent(this.#queue.take(end))));
      this.#looked = 0;
    }
  }

  flush(): Uint8Array {
    if (this.#overflow) return concat([this.#overflow.flush(), this.#options.end()]);
    const rest = this.#queue.take(this.#queue.length);
    const last = rest.length > 0 ? this.#options.edit(new RawEvent(rest)) : nothing;
    return concat([last, this.#options.end()]);
  }

  /**
   * Offset after the blank line that ends the first event, looked for from there on, or 0. A carriage return at the very
   * end of what has come is not taken for a line end before the next byte is seen.
   */
  #findEnd(bytes: Uint8Array, from: number): number {
    const { length } = bytes;
    let at = from;
    for (; at < length; at++) {
      const byte = bytes[at];
      if (byte !== lineFeed && byte !== carriageReturn) {
        this.#lineEmpty = false;
        continue;
      }
      if (byte === carriageReturn && at + 1 >= length) break;
      if (byte === carriageReturn && bytes[at + 1] === lineFeed) at++;
      if (this.#lineEmpty) return at + 1;
      this.#lineEmpty = true;
    }
    this.#looked = at;
    return 0;
  }
}

/** The lines of an event with the offsets of their text in it, line ends left out. */
function* linesOf(raw: Uint8Array): Generator<readonly [number, number]> {
  let from = 0;
  for (let at = 0; at < raw.length; at++) {
    if (raw[at] !== lineFeed && raw[at] !== carriageReturn) continue;
    yield [from, at];
    if (raw[at] === carriageReturn && raw[at + 1] === lineFeed) at++;
    from = at + 1;
  }
  if (from < raw.length) yield [from, raw.length];
}

/** The offsets of what a data line carries, or nothing if it is another line. */
function dataOf(raw: Uint8Array, [from, to]: readonly [number, number]) {
  if (!saysData(raw, from, to)) return undefined;
  const start = Math.min(to, from + 5);
  return [raw[start] === space && start < to ? start + 1 : start, to] as const;
}

const field = [0x64, 0x61, 0x74, 0x61] as const;
const colon = 0x3a;
const space = 0x20;

/** Whether the line is `data`, alone or with a colon behind it. */
function saysData(raw: Uint8Array, from: number, to: number): boolean {
  if (to - from < 4) return false;
  for (let at = 0; at < 4; at++) if (raw[from + at] !== field[at]) return false;
  return to - from === 4 || raw[from + 4] === colon;
}

/** Where the data begins of an event that is one line of data and a line feed twice, as most are; -1 of any other. */
function onlyData(raw: Uint8Array): number {
  const end = raw.length - 2;
  if (end < 5 || raw.indexOf(lineFeed) !== end || raw[end + 1] !== lineFeed) return -1;
  if (raw.includes(carriageReturn) || !saysData(raw, 0, end)) return -1;
  return raw[5] === space && end > 5 ? 6 : 5;
}

/** Looks for the data only when it is asked for. */
class RawEvent implements SseEvent {
  readonly raw: Uint8Array;
  #data: Uint8Array | undefined;
  #isRead = false;

  constructor(raw: Uint8Array) {
    this.raw = raw;
  }

  get data(): Uint8Array | undefined {
    if (!this.#isRead) this.#data = dataLines(this.raw);
    this.#isRead = true;
    return this.#data;
  }
}

function dataLines(raw: Uint8Array): Uint8Array | undefined {
  const only = onlyData(raw);
  if (only >= 0) return raw.subarray(only, raw.length - 2);
  const pieces: Uint8Array[] = [];
  for (const line of linesOf(raw)) {
    const data = dataOf(raw, line);
    if (!data) continue;
    if (pieces.length > 0) pieces.push(Uint8Array.of(lineFeed));
    pieces.push(raw.subarray(...data));
  }
  return pieces.length === 0 ? undefined : concat(pieces);
}

/**
 * The event with other data, line by line; every other byte as it was, save for what `scan` changes in other lines.
 * Where nothing is other than it was that is the event's own bytes.
 */
export function rewriteEvent(
  { raw, data: before }: SseEvent,
  data: Uint8Array,
  scan: (line: Uint8Array) => Uint8Array,
): Uint8Array {
  if (data === before && fieldsStay(raw, scan)) return raw;
  const lines = splitLines(data);
  const out: Uint8Array[] = [];
  let copied = 0;
  let last = -1;
  for (const line of linesOf(raw)) {
    const place = dataOf(raw, line);
    if (!place) {
      out.push(raw.subarray(copied, line[0]), scan(raw.subarray(...line)));
      copied = line[1];
      continue;
    }
    out.push(raw.subarray(copied, place[0]), lines.shift() ?? nothing);
    copied = place[1];
    last = out.length;
  }
  // Data that has more lines than before (a mark never does) goes on in lines of its own.
  const extra = lines.flatMap((line) => [new TextEncoder().encode("\ndata: "), line]);
  if (last >= 0) out.splice(last, 0, ...extra);
  out.push(raw.subarray(copied));
  return concat(out);
}

function fieldsStay(raw: Uint8Array, scan: (line: Uint8Array) => Uint8Array): boolean {
  if (onlyData(raw) >= 0) return true;
  for (const place of linesOf(raw)) {
    if (place[0] === place[1] || dataOf(raw, place)) continue;
    const line = raw.subarray(...place);
    if (scan(line) !== line) return false;
  }
  return true;
}

function splitLines(data: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let from = 0;
  for (let at = data.indexOf(lineFeed); at >= 0; at = data.indexOf(lineFeed, from)) {
    lines.push(data.subarray(from, at));
    from = at + 1;
  }
  lines.push(data.subarray(from));
  return lines;
}
