import { nothing } from "./transform.ts";

/** A number that is longer than this is none, in bytes. */
const longest = 400;
const dead = 0;
const start = 1;

/** `steps[state * 128 + byte]` is the next state; those that end a value are in `ends`. */
const steps = new Uint8Array(32 * 128);
const ends = new Uint8Array(32);

for (const [from, bytes, to] of [
  [start, "-", 2],
  [start, "0123456789", 3],
  [2, "0123456789", 3],
  [3, "0123456789", 3],
  [3, ".", 4],
  [3, "eE", 6],
  [4, "0123456789", 5],
  [5, "0123456789", 5],
  [5, "eE", 6],
  [6, "+-", 7],
  [6, "0123456789", 8],
  [7, "0123456789", 8],
  [8, "0123456789", 8],
] as const)
  for (const byte of Buffer.from(bytes)) steps[from * 128 + byte] = to;
for (const [first, word] of [
  [9, "true"],
  [13, "false"],
  [18, "null"],
] as const)
  [...Buffer.from(word)].forEach((byte, index) => {
    const to = first + index;
    steps[(index === 0 ? start : to - 1) * 128 + byte] = to;
    if (index === word.length - 1) ends[to] = 1;
  });
for (const state of [3, 5, 8]) ends[state] = 1;

/** Reads a number or one of the three literal names (RFC 8259 section 3 and 6). */
export class JsonScalar {
  #state = start;
  #bytes = nothing;

  /** Whether a value may begin like this. */
  static begins(byte: number): boolean {
    return byte < 128 && steps[start * 128 + byte] !== dead;
  }

  get isComplete(): boolean {
    return ends[this.#state] === 1;
  }

  /** What was kept of the value. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Takes bytes from `from` on; gives the offset after those that belong to the value. */
  read(chunk: Uint8Array, from: number): number {
    const last = Math.min(chunk.length, from + longest - this.#bytes.length);
    let state = this.#state;
    let at = from;
    while (at < last) {
      const byte = chunk[at] as number;
      const next = byte < 128 ? (steps[state * 128 + byte] as number) : dead;
      if (next === dead) break;
      state = next;
      at++;
    }
    this.#state = state;
    return at;
  }

  /** Keeps bytes that were read, until more is known. */
  keep(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
  }
}
