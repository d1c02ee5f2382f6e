import type { Leaf } from "./leaf.ts";

interface Last {
  readonly boot: number;
  readonly seq: number;
  readonly n: number;
  readonly commit: string;
}

/** Checks that each replica's leaves follow on one another: no gap, no repetition, no other order. */
export class LeafChain {
  readonly #last = new Map<string, Last>();

  /** Takes the next leaf; says what is wrong with its place, if anything. */
  add(leaf: Leaf): string | undefined {
    const last = this.#last.get(leaf.replica);
    this.#last.set(leaf.replica, leaf);
    const place = `${leaf.replica}/${leaf.boot}/${leaf.seq}`;
    if (last === undefined) {
      const first = leaf.n === 0 && leaf.seq === 0 && leaf.prev === "";
      return first ? undefined : `${place} is not the first record of its replica`;
    }
    if (leaf.n !== last.n + 1) return `${place} has number ${leaf.n} after ${last.n}`;
    if (leaf.prev !== last.commit) return `${place} does not follow the record before it`;
    if (leaf.boot === last.boot && leaf.seq === last.seq + 1) return undefined;
    if (leaf.boot > last.boot && leaf.seq === 0 && leaf.kind === "boot") return undefined;
    return `${place} follows ${last.boot}/${last.seq}`;
  }

  /** How many records each replica has. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#last].map(([replica, last]) => [replica, last.n + 1]));
  }
}
