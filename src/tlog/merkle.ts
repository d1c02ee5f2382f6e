import { hash } from "node:crypto";

/** SHA-256, 32 bytes. */
export type Hash = Buffer;

/** Gives the hash of a complete subtree: of the leaves from `index` times 2^`level` on, 2^`level` of them. */
export type ReadSubtree = (level: number, index: number) => Promise<Hash>;

export const hashSize = 32;
/** The root of a log without entries (RFC 6962 section 2.1). */
export const emptyRoot: Hash = hash("sha256", Buffer.alloc(0), "buffer");

const leafPrefix = Buffer.from([0]);
const nodePrefix = Buffer.from([1]);

/** The hash of an entry (RFC 6962 section 2.1). */
export function leafHash(entry: Uint8Array): Hash {
  return sha256(leafPrefix, entry);
}

/** The hash over two subtrees (RFC 6962 section 2.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Hash {
  return sha256(nodePrefix, left, right);
}

/** One call for small inputs costs half of what a hash object does. */
function sha256(...parts: readonly Uint8Array[]): Hash {
  return hash("sha256", Buffer.concat(parts), "buffer");
}

/** The root of a complete subtree from its hashes one or more levels down; their number is a power of two. */
export function fold(hashes: readonly Hash[]): Hash {
  let row = hashes;
  while (row.length > 1) {
    const above: Hash[] = [];
    for (let at = 0; at + 1 < row.length; at += 2)
      above.push(nodeHash(row[at] as Hash, row[at + 1] as Hash));
    row = above;
  }
  return row[0] ?? emptyRoot;
}

/** The longest entry that is hashed in place; longer ones are copied. */
const usual = 8192;
const leaf = Buffer.alloc(1 + usual);
const pair = Buffer.alloc(1 + 2 * hashSize, 1);

/** Writes the hash of an entry there. As text of a byte each it costs half of what it does as an object of its own. */
export function leafHashInto(into: Buffer, at: number, entry: Uint8Array): void {
  if (entry.length > usual) {
    leafHash(entry).copy(into, at);
    return;
  }
  leaf.set(entry, 1);
  into.write(hash("sha256", leaf.subarray(0, 1 + entry.length), "binary"), at, "latin1");
}

/** Writes the root of a complete subtree there, from its hashes side by side; their number is a power of two. */
export function foldInto(into: Buffer, at: number, hashes: Uint8Array): void {
  const row = Buffer.from(hashes);
  for (let length = row.length; length > hashSize; length /= 2)
    for (let from = 0; from < length; from += 2 * hashSize) {
      pair.set(row.subarray(from, from + 2 * hashSize), 1);
      row.write(hash("sha256", pair, "binary"), from / 2, "latin1");
    }
  row.copy(into, at, 0, hashSize);
}

/** The Merkle tree hash of all `size` leaves. */
export function treeRoot(size: number, read: ReadSubtree): Promise<Hash> {
  return size === 0 ? Promise.resolve(emptyRoot) : rangeHash(0, size, read);
}

/** The audit path of the leaf at `index` in a tree of `size`, from the leaf's sibling up (RFC 6962 section 2.1.1). */
export async function inclusionProof(
  index: number,
  size: number,
  read: ReadSubtree,
): Promise<readonly Hash[]> {
  if (index < 0 || index >= size) throw new RangeError(`no leaf ${index} in a tree of ${size}`);
  const path: Hash[] = [];
  let low = 0;
  let high = size;
  while (high - low > 1) {
    const middle = low + split(high - low);
    const left = index < middle;
    path.push(await (left ? rangeHash(middle, high, read) : rangeHash(low, middle, read)));
    if (left) high = middle;
    else low = middle;
  }
  return path.reverse();
}

/** The proof that the tree of `old` leaves is a prefix of that of `size` (RFC 6962 section 2.1.2). */
export async function consistencyProof(
  old: number,
  size: number,
  read: ReadSubtree,
): Promise<readonly Hash[]> {
  if (old < 0 || old > size) throw new RangeError(`${old} is no size before ${size}`);
  if (old === 0 || old === size) return [];
  const proof: Hash[] = [];
  let low = 0;
  let high = size;
  // Down to the subtree that ends where the old tree ended.
  while (high !== old) {
    const middle = low + split(high - low);
    const left = old <= middle;
    proof.push(await (left ? rangeHash(middle, high, read) : rangeHash(low, middle, read)));
    if (left) high = middle;
    else low = middle;
  }
  if (low > 0) proof.push(await rangeHash(low, high, read));
  return proof.reverse();
}

/** The largest power of two smaller than that number, which is at least 2. */
function split(count: number): number {
  return 2 ** Math.floor(Math.log2(count - 1));
}

async function rangeHash(low: number, high: number, read: ReadSubtree): Promise<Hash> {
  const count = high - low;
  const level = Math.log2(count);
  if (Number.isInteger(level)) return read(level, low / count);
  const middle = low + split(count);
  return nodeHash(await rangeHash(low, middle, read), await rangeHash(middle, high, read));
}
