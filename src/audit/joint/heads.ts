import { type Leaf, parseLeaf } from "../transparency/leaf.ts";

/** The last leaf of a replica that is in the log. */
interface Head {
  readonly n: number;
  readonly commit: string;
}

/** What becomes of a leaf: it goes in, is in already, comes before its turn, or follows on no record that is in. */
export type Turn = "next" | "known" | "early" | "stray";

/** How far the log has come with each replica: what keeps every replica's leaves in order, without gap, each once. */
export class Heads {
  readonly #heads: Map<string, Head>;

  constructor(heads: Iterable<readonly [string, Head]> = []) {
    this.#heads = new Map(heads);
  }

  /** Takes the leaf in if its turn has come. Throws for what is no leaf. */
  take(entry: Buffer): Turn {
    const leaf = parsed(entry);
    const last = this.#heads.get(leaf.replica);
    const n = (last?.n ?? -1) + 1;
    if (leaf.n < n) return "known";
    if (leaf.n > n) return "early";
    if (leaf.prev !== (last?.commit ?? "")) return "stray";
    this.#heads.set(leaf.replica, { n, commit: leaf.commit });
    return "next";
  }

  copy(): Heads {
    return new Heads(this.#heads);
  }

  /** To be kept beside the log, for the next one who opens it. */
  toText(size: number): string {
    return JSON.stringify({ v: 1, size, heads: [...this.#heads] });
  }

  /** What `toText` gave; undefined for anything else, and then the log is read from its beginning. */
  static fromText(text: string): { readonly size: number; readonly heads: Heads } | undefined {
    try {
      const { v, size, heads } = JSON.parse(text);
      return v === 1 && Number.isSafeInteger(size) ? { size, heads: new Heads(heads) } : undefined;
    } catch {
      return undefined;
    }
  }
}

function parsed(entry: Buffer): Leaf {
  const leaf = parseLeaf(entry);
  if (!leaf.ok) throw new Error(leaf.error);
  return leaf.value;
}
