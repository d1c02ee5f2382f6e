import { type Cipheriv, createCipheriv, createHmac } from "node:crypto";

/** Turns fingerprints into what may be kept: equal ones stay equal, and without the key they mean nothing. */
export interface Veil {
  /** Each of these numbers of 48 bits as another one. */
  hide(hashes: Float64Array): Float64Array;
  /** What `hide` made these of. */
  show(hidden: Float64Array): Float64Array;
}

/** As many as FF1 has (NIST SP 800-38G). */
const rounds = 10;
const half = 0x1000000;
const block = 16;
const blockWords = block / 4;

/** So many at a time: what one call of the cipher takes and gives stays near the processor. */
const most = 1024;

/** A veil for a key of any length: a Feistel network over two halves of 24 bits, its round function AES-256. */
export function veil(key: Uint8Array): Veil {
  const secret = createHmac("sha256", key).update("sallyport veil v1").digest();
  // Block by block, each for itself: one cipher serves for all that is ever asked.
  const cipher = createCipheriv("aes-256-ecb", secret, null).setAutoPadding(false);
  const network = new Network(cipher);
  return {
    hide: (hashes) => inParts(hashes, (part, into) => network.hide(part, into)),
    show: (hidden) => inParts(hidden, (part, into) => network.show(part, into)),
  };
}

function inParts(
  given: Float64Array,
  work: (part: Float64Array, into: Float64Array) => void,
): Float64Array {
  const made = new Float64Array(given.length);
  for (let at = 0; at < given.length; at += most)
    work(given.subarray(at, at + most), made.subarray(at, at + most));
  return made;
}

/** The halves of so many numbers, and the blocks that stand for one of them in a round. */
class Network {
  readonly #cipher: Cipheriv;
  readonly #left = new Uint32Array(most);
  readonly #right = new Uint32Array(most);
  readonly #blocks = new Uint32Array(most * blockWords);

  constructor(cipher: Cipheriv) {
    this.#cipher = cipher;
  }

  hide(hashes: Float64Array, into: Float64Array): void {
    const [left, right] = [this.#left, this.#right];
    split(hashes, left, right);
    // Two rounds at a time: after each, the halves change places.
    for (let round = 0; round < rounds; round += 2) {
      this.#add(left, right, round, hashes.length);
      this.#add(right, left, round + 1, hashes.length);
    }
    join(left, right, into);
  }

  show(hidden: Float64Array, into: Float64Array): void {
    const [left, right] = [this.#left, this.#right];
    split(hidden, left, right);
    for (let round = rounds - 1; round > 0; round -= 2) {
      this.#add(right, left, round, hidden.length);
      this.#add(left, right, round - 1, hidden.length);
    }
    join(left, right, into);
  }

  /** Adds to one half 24 bits for the other of each number, in one call of the cipher for all of them: a block each is what makes this fast. */
  #add(one: Uint32Array, other: Uint32Array, round: number, count: number): void {
    const blocks = this.#blocks;
    for (let at = 0; at < count; at++) {
      blocks[at * blockWords] = other[at] as number;
      blocks[at * blockWords + 1] = round;
    }
    const bytes = this.#cipher.update(new Uint8Array(blocks.buffer, 0, count * block));
    const scrambled = wordsOf(bytes);
    for (let at = 0; at < count; at++)
      one[at] = (one[at] as number) ^ ((scrambled[at * blockWords] as number) & 0xffffff);
  }
}

/** As words of 32 bits, which a buffer can be read as where its memory lies for it. */
function wordsOf(bytes: Buffer): Uint32Array {
  const { buffer, byteOffset, length } = byteOffsetFits(bytes) ? bytes : Uint8Array.from(bytes);
  return new Uint32Array(buffer, byteOffset, length / 4);
}

function byteOffsetFits({ byteOffset }: Buffer): boolean {
  return byteOffset % 4 === 0;
}

function split(hashes: Float64Array, left: Uint32Array, right: Uint32Array): void {
  for (let at = 0; at < hashes.length; at++) {
    const hash = hashes[at] as number;
    const high = Math.floor(hash / half);
    left[at] = high;
    right[at] = hash - high * half;
  }
}

function join(left: Uint32Array, right: Uint32Array, into: Float64Array): void {
  for (let at = 0; at < into.length; at++)
    into[at] = (left[at] as number) * half + (right[at] as number);
}
