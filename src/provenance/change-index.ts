import type { Channel, Fingerprints } from "./fingerprints.ts";
import { HashSet } from "./hash-set.ts";

/** A place in a change: a file of it, by number, and the lines that a fingerprint covers. */
export interface Place {
  readonly file: number;
  readonly from: number;
  readonly to: number;
}

/** The fingerprints of a change in one channel, and where each of them stands. */
export class ChangeIndex {
  readonly channel: Channel;
  readonly #places = new Map<number, Place[]>();
  #set: HashSet | undefined;

  constructor(channel: Channel) {
    this.channel = channel;
  }

  /** Takes in the fingerprints of one file, those only that cover one of these lines. */
  add(file: number, { hashes, from, to }: Fingerprints, lines: (line: number) => boolean): void {
    for (let at = 0; at < hashes.length; at++) {
      const place = { file, from: from[at] ?? 0, to: to[at] ?? 0 };
      if (!covers(place, lines)) continue;
      const hash = hashes[at] ?? 0;
      const known = this.#places.get(hash);
      if (known) known.push(place);
      else this.#places.set(hash, [place]);
    }
    this.#set = undefined;
  }

  /** All of them, to be asked quickly. */
  get set(): HashSet {
    this.#set ??= new HashSet(this.#places.keys());
    return this.#set;
  }

  /** All of them, each once. */
  get hashes(): Float64Array {
    return Float64Array.from(this.#places.keys());
  }

  places(hash: number): readonly Place[] {
    return this.#places.get(hash) ?? [];
  }
}

function covers({ from, to }: Place, lines: (line: number) => boolean): boolean {
  for (let line = from; line <= to; line++) if (lines(line)) return true;
  return false;
}
