import { emptyRoot, type Hash, nodeHash } from "./merkle.ts";

/** Whether the path proves that the leaf stands at `index` in the tree of that size and root (RFC 9162 section 2.1.3.2). */
export function includes(
  leaf: Hash,
  index: number,
  size: number,
  root: Hash,
  path: readonly Hash[],
): boolean {
  if (!isIndex(index) || !isIndex(size) || index >= size) return false;
  let hash = leaf;
  const fits = climb(index, size - 1, path, (sibling, side) => {
    hash = side === "left" ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
  });
  return fits && hash.equals(root);
}

/** A tree by its size and root. */
export interface TreeHead {
  readonly size: number;
  readonly root: Hash;
}

/** Whether the proof shows that the older tree is a prefix of the newer (RFC 9162 section 2.1.4.2). */
export function isPrefix(older: TreeHead, newer: TreeHead, proof: readonly Hash[]): boolean {
  if (!isIndex(older.size) || !isIndex(newer.size) || older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && older.root.equals(newer.root);
  if (older.size === 0) return proof.length === 0 && older.root.equals(emptyRoot);
  const complete = Number.isInteger(Math.log2(older.size));
  const [first, ...rest] = complete ? [older.root, ...proof] : proof;
  if (first === undefined) return false;
  let [here, last] = [older.size - 1, newer.size - 1];
  while (odd(here)) [here, last] = [half(here), half(last)];
  let [oldHash, newHash] = [first, first];
  const fits = climb(here, last, rest, (sibling, side) => {
    if (side === "left") oldHash = nodeHash(sibling, oldHash);
    newHash = side === "left" ? nodeHash(sibling, newHash) : nodeHash(newHash, sibling);
  });
  return fits && oldHash.equals(older.root) && newHash.equals(newer.root);
}

/** Goes from a node up to the root beside a path; false when the path is longer or shorter than the way. */
function climb(
  from: number,
  lastInRow: number,
  path: readonly Hash[],
  visit: (sibling: Hash, side: "left" | "right") => void,
): boolean {
  let [here, last] = [from, lastInRow];
  for (const sibling of path) {
    if (last === 0) return false;
    const side = odd(here) || here === last ? "left" : "right";
    visit(sibling, side);
    while (side === "left" && !odd(here) && here !== 0) [here, last] = [half(here), half(last)];
    [here, last] = [half(here), half(last)];
  }
  return last === 0;
}

function isIndex(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

// Not bit operators: sizes go beyond 32 bits.
function odd(value: number): boolean {
  return value % 2 === 1;
}

function half(value: number): number {
  return Math.floor(value / 2);
}
