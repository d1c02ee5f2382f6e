import { emptyRoot, type Hash, hashSize, leafHash, nodeHash, type ReadSubtree } from "./merkle.ts";

interface Subtree {
  /** The number of leaves is 2 to that power. */
  readonly level: number;
  readonly hash: Hash;
}

/** The right edge of a growing Merkle tree (RFC 6962): enough to append leaves and to know the root, and no more. */
export class Edge {
  #subtrees: readonly Subtree[];
  #size: number;

  private constructor(subtrees: readonly Subtree[], size: number) {
    this.#subtrees = subtrees;
    this.#size = size;
  }

  /** Of a tree without leaves. */
  static empty(): Edge {
    return new Edge([], 0);
  }

  /** Of a tree of that size, from its largest complete subtrees, left to right, as `hashes` gave them. */
  static from(size: number, hashes: readonly Hash[]): Edge {
    const levels = levelsOf(size);
    if (levels.length !== hashes.length || hashes.some((hash) => hash.length !== hashSize))
      throw new RangeError(`${hashes.length} hashes are not the edge of a tree of ${size}`);
    const subtrees = levels.map((level, at) => ({ level, hash: hashes[at] as Hash }));
    return new Edge(subtrees, size);
  }

  /** Of a tree of that size whose complete subtrees can be read. */
  static async read(size: number, read: ReadSubtree): Promise<Edge> {
    const hashes: Hash[] = [];
    let first = 0;
    for (const level of levelsOf(size)) {
      hashes.push(await read(level, first / 2 ** level));
      first += 2 ** level;
    }
    return Edge.from(size, hashes);
  }

  get size(): number {
    return this.#size;
  }

  /** The edge with one more leaf; this one stays as it is. */
  append(entry: Uint8Array): Edge {
    const subtrees = [...this.#subtrees];
    let grown: Subtree = { level: 0, hash: leafHash(entry) };
    for (let last = subtrees.at(-1); last?.level === grown.level; last = subtrees.at(-1)) {
      grown = { level: grown.level + 1, hash: nodeHash(last.hash, grown.hash) };
      subtrees.pop();
    }
    return new Edge([...subtrees, grown], this.#size + 1);
  }

  root(): Hash {
    const [last, ...rest] = this.#subtrees.map(({ hash }) => hash).reverse();
    return last === undefined
      ? emptyRoot
      : rest.reduce((right, left) => nodeHash(left, right), last);
  }

  hashes(): readonly Hash[] {
    return this.#subtrees.map(({ hash }) => hash);
  }
}

/** The levels of the largest complete subtrees that a tree of that size falls into, left to right. */
function levelsOf(size: number): readonly number[] {
  const levels: number[] = [];
  for (let rest = size; rest > 0; rest -= 2 ** Math.floor(Math.log2(rest)))
    levels.push(Math.floor(Math.log2(rest)));
  return levels;
}
