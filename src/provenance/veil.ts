import { createCipheriv, createHmac } from "node:crypto";

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
  return {
    hide: (hashes) => {
      let [left, right] = split(hashes);
      for (let round = 0; round < rounds; round++)
        [left, right] = [right, added(left, scrambled(secret, round, right))];
      return joined(left, right);
    },
    show: (hidden) => {
      let [left, right] = split(hidden);
      for (let round = rounds - 1; round >= 0; round--)
        [left, right] = [added(right, scrambled(secret, round, left)), left];
      return joined(left, right);
    },
  };
}

function split(hashes: Float64Array): [Uint32Array, Uint32Array] {
  return [
    Uint32Array.from(hashes, (hash) => Math.floor(hash / half)),
    Uint32Array.from(hashes, (hash) => hash % half),
  ];
}

function joined(left: Uint32Array, right: Uint32Array): Float64Array {
  return Float64Array.from(left, (high, at) => high * half + (right[at] ?? 0));
}

function added(one: Uint32Array, other: Uint32Array): Uint32Array {
  return one.map((value, at) => value ^ (other[at] ?? 0));
}

/** 24 bits for each half, in one call of the cipher for all of them: a block each is what makes this fast. */
function scrambled(key: Uint8Array, round: number, halves: Uint32Array): Uint32Array {
  const blocks = new Uint32Array((halves.length * block) / 4);
  halves.forEach((value, at) => {
    blocks[at * 4] = value;
    blocks[at * 4 + 1] = round;
  });
  const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  const bytes = cipher.update(new Uint8Array(blocks.buffer));
  return halves.map((_, at) => bytes.readUIntLE(at * block, 3));
}
