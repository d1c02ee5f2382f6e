import { createHash } from "node:crypto";
import type { Language } from "./language.ts";
import { lex } from "./lexer.ts";
import { kinds, Tokens } from "./tokens.ts";

/**
 * Two ways to look at a program: `exact` takes its words as they are (6 tokens at a time), `abstract` takes only its
 * shape (16 tokens at a time), so that renamed code is still known.
 */
export type Channel = "exact" | "abstract";
export const channels: readonly Channel[] = ["exact", "abstract"];

const span: Readonly<Record<Channel, number>> = { exact: 6, abstract: 16 };
/** Of so many fingerprints in a row one is kept (winnowing, Schleimer et al. 2003). */
const window = 4;

/** Hashes of 48 bits, each with the lines (from 1) of its first and last token. */
export interface Fingerprints {
  readonly hashes: Float64Array;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
}

/** The tokens of a text, to be fingerprinted. */
export function tokensOf(text: string, language: Language): Tokens {
  return lex(Buffer.from(text), language);
}

// The same everywhere, so that a runner that has no key of ours can make them. What is kept, a veil hides.
const seeds = createHash("sha256").update("sallyport fingerprints v2").digest();
const seed = (index: number): number => seeds.readInt32LE(index * 4);

/** The finishing step of MurmurHash3: every bit of the input moves every bit of the output. */
function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

const shapeless = [0x5bd1e995, 0, 0x1b873593, 0x2545f491];

/** Two polynomial hashes over a sliding window of tokens, each brought forward in constant time. */
class Rolling {
  readonly #channel: Channel;
  readonly #span: number;
  readonly #bases: readonly [number, number];
  readonly #outgoing: readonly [number, number];
  readonly #seeds: readonly [number, number];

  constructor(channel: Channel, first: number, second: number, seed: number, other: number) {
    this.#channel = channel;
    this.#span = span[channel];
    this.#bases = [first, second];
    this.#outgoing = [power(first, this.#span), power(second, this.#span)];
    this.#seeds = [seed, other];
  }

  all(tokens: Tokens): Fingerprints {
    const { length, lines } = tokens;
    const width = this.#span;
    const count = this.#count(tokens);
    const hashes = new Float64Array(count);
    this.#hash(tokens, hashes);
    return {
      hashes,
      from: lines.subarray(0, count),
      to: lines.subarray(width - 1, Math.max(length, width - 1)),
    };
  }

  /** The hashes alone of those that are kept. */
  few(tokens: Tokens): Float64Array {
    const count = this.#count(tokens);
    const hashes = scratch.hashes.of(count);
    this.#hash(tokens, hashes);
    const kept = scratch.kept.of(count);
    const few = new Float64Array(leastOfEach(hashes, count, kept));
    for (let at = 0; at < few.length; at++) few[at] = hashes[kept[at] as number] as number;
    return few;
  }

  #count({ length }: Tokens): number {
    return Math.max(0, length - this.#span + 1);
  }

  /** The hash of each window of tokens, in its place. */
  #hash(tokens: Tokens, into: Float64Array): void {
    const { length } = tokens;
    const width = this.#span;
    const values = this.#values(tokens);
    const [baseA, baseB] = this.#bases;
    const [outA, outB] = this.#outgoing;
    const [seedA, seedB] = this.#seeds;
    let a = 0;
    let b = 0;
    for (let at = 0; at < length; at++) {
      const incoming = values[at] as number;
      const outgoing = at >= width ? (values[at - width] as number) : 0;
      a = (Math.imul(a, baseA) + incoming - Math.imul(outgoing, outA)) | 0;
      b = (Math.imul(b, baseB) + incoming - Math.imul(outgoing, outB)) | 0;
      if (at >= width - 1)
        into[at - width + 1] = (mix(a ^ seedA) >>> 0) + (mix(b ^ seedB) & 0xffff) * 4_294_967_296;
    }
  }

  /** What goes into the hash for each token: what it says, or what it is. */
  #values({ hashes, kinds: shapes, length }: Tokens): Int32Array {
    const values = scratch.values.of(length);
    const [seed] = this.#seeds;
    const abstract = this.#channel === "abstract";
    for (let at = 0; at < length; at++) {
      const kind = shapes[at] as number;
      const plain = abstract && kind !== kinds.keyword && kind !== kinds.mark;
      values[at] = mix(((plain ? shapeless[kind] : hashes[at]) as number) ^ seed);
    }
    return values;
  }
}

const mostKept = 1 << 16;

/** Memory that is used for one text after the other; what a long one needs is not kept. */
class Scratch<Numbers extends { readonly length: number }> {
  readonly #make: (length: number) => Numbers;
  #numbers: Numbers;

  constructor(make: (length: number) => Numbers) {
    this.#make = make;
    this.#numbers = make(1024);
  }

  /** At least so many numbers, which say what they last said. */
  of(length: number): Numbers {
    if (length <= this.#numbers.length) return this.#numbers;
    const made = this.#make(length * 2);
    if (length <= mostKept) this.#numbers = made;
    return made;
  }
}

const scratch = {
  values: new Scratch((length) => new Int32Array(length)),
  hashes: new Scratch((length) => new Float64Array(length)),
  kept: new Scratch((length) => new Uint32Array(length)),
};

function power(base: number, exponent: number): number {
  let value = 1;
  for (let step = 0; step < exponent; step++) value = Math.imul(value, base);
  return value;
}

/** Keeps the least of each window, the last one where several are least; of a text too short for one, its least. */
function winnow(all: Fingerprints): Fingerprints {
  const kept = scratch.kept.of(all.hashes.length);
  const count = leastOfEach(all.hashes, all.hashes.length, kept);
  const few = {
    hashes: new Float64Array(count),
    from: new Uint32Array(count),
    to: new Uint32Array(count),
  };
  for (let at = 0; at < count; at++) {
    const place = kept[at] as number;
    few.hashes[at] = all.hashes[place] as number;
    few.from[at] = all.from[place] as number;
    few.to[at] = all.to[place] as number;
  }
  return few;
}

/** Where the least of each window of so many stands, each place once; gives how many there are. */
function leastOfEach(hashes: Float64Array, length: number, kept: Uint32Array): number {
  let count = 0;
  let least = -1;
  for (let end = Math.min(window, length) - 1; end >= 0 && end < length; end++) {
    const start = Math.max(0, end - window + 1);
    const found = leastBetween(hashes, Math.max(start, least), end);
    if (found !== least) kept[count++] = found;
    least = found;
  }
  return count;
}

function leastBetween(hashes: Float64Array, from: number, to: number): number {
  let least = from;
  for (let at = from + 1; at <= to; at++)
    if ((hashes[at] as number) <= (hashes[least] as number)) least = at;
  return least;
}

const rolling = {
  exact: new Rolling("exact", seed(0) | 1, seed(1) | 1, seed(2), seed(3)),
  abstract: new Rolling("abstract", seed(4) | 1, seed(5) | 1, seed(6), seed(7)),
};

/** Every fingerprint of a text, in order. Whoever has them can guess the text: they are as secret as it is. */
export function fingerprints(tokens: Tokens, channel: Channel): Fingerprints {
  return rolling[channel].all(tokens);
}

/** The few that stand for a text wherever it turns up: any 9 (exact) or 19 (abstract) tokens in a row share one. */
export function winnowed(tokens: Tokens, channel: Channel): Fingerprints {
  return winnow(fingerprints(tokens, channel));
}

/** What is kept of a text that a model gave: the hashes of those few in each channel, and its lines with code on them. */
export interface Prints {
  readonly hashes: Readonly<Record<Channel, Float64Array>>;
  readonly lines: number;
}

const mostTokens = 1 << 16;
let reused = new Tokens(1024);

/** The prints of a text; a text without a shape has none of it. */
export function printsOf(text: string, language: Language): Prints {
  reused.clear();
  const tokens = lex(Buffer.from(text), language, reused);
  if (tokens.hashes.length > mostTokens) reused = new Tokens(1024);
  return {
    hashes: {
      exact: rolling.exact.few(tokens),
      abstract: language.shaped ? rolling.abstract.few(tokens) : new Float64Array(),
    },
    lines: linesOf(tokens),
  };
}

/** Tokens come in the order of their lines. */
function linesOf({ lines, length }: Tokens): number {
  let count = 0;
  for (let at = 0; at < length; at++) if (at === 0 || lines[at] !== lines[at - 1]) count += 1;
  return count;
}
