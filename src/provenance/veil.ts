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

/** A veil for a key of any length: a Feistel network over two halves of 24 bits, its round function AES-256. */
export function veil(key: Uint8Array): Veil {
  const secret = createHmac("sha256", key).update("sallyport veil v1").digest();
  // Block by block, each for itself: one cipher serves for all that is ever asked.
  const cipher = createCipheriv("aes-256-ecb", secret, null).setAutoPadding(false);
  return {
    hide: (hashes) => {
      let [left, right] = split(hashes);
      for (let round = 0; round < rounds; round++)
        [left, right] = [right, added(left, scrambled(cipher, round, right))];
      return joined(left, right);
    },
    show: (hidden) => {
      let [left, right] = split(hidden);
      for (let round = rounds - 1; round >= 0; round--)
        [left, right] = [added(right, scrambled(cipher, round, left)), left];
      return joined(left, right);
    },
  };
}

function split(hashes: Float64Array): [Uint32Array, Uint32Array] {
  const left = new Uint32Array(hashes.length);
  const right = new Uint32Array(hashes.length);
  for (let at = 0; at < hashes.length; at++) {
    const hash = hashes[at] ?? 0;
    left[at] = Math.floor(hash / half);
    right[at] = hash % half;
  }
  return [left, right];
}

function joined(left: Uint32Array, right: Uint32Array): Float64Array {
  const hashes = new Float64Array(left.length);
  for (let at = 0; at < left.length; at++) hashes[at] = (left[at] ?? 0) * half + (right[at] ?? 0);
  return hashes;
}

function added(one: Uint32Array, other: Uint32Array): Uint32Array {
  const sum = new Uint32Array(one.length);
  for (let at = 0; at < one.length; at++) sum[at] = (one[at] ?? 0) ^ (other[at] ?? 0);
  return sum;
}

/** 24 bits for each half, in one call of the cipher for all of them: a block each is what makes this fast. */
function scrambled(cipher: Cipheriv, round: number, halves: Uint32Array): Uint32Array {
  const blocks = new Uint32Array((halves.length * block) / 4);
  for (let at = 0; at < halves.length; at++) {
    blocks[at * 4] = halves[at] ?? 0;
    blocks[at * 4 + 1] = round;
  }
  const bytes = cipher.update(new Uint8Array(blocks.buffer));
  const found = new Uint32Array(halves.length);
  for (let at = 0; at < halves.length; at++) found[at] = bytes.readUIntLE(at * block, 3);
  return found;
}
