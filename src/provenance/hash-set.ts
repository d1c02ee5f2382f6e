/** A set of 48-bit hashes that says "no" in a few instructions: what most questions are answered with. */
export class HashSet {
  readonly #hashes: ReadonlySet<number>;
  readonly #bits: Uint8Array;
  readonly #mask: number;

  constructor(hashes: Iterable<number>) {
    this.#hashes = new Set(hashes);
    let bits = 1 << 16;
    while (bits < this.#hashes.size * 128 && bits < 1 << 27) bits *= 2;
    this.#mask = bits - 1;
    this.#bits = new Uint8Array(bits >> 3);
    for (const hash of this.#hashes) {
      const low = (hash >>> 0) & this.#mask;
      this.#bits[low >> 3] = (this.#bits[low >> 3] ?? 0) | (1 << (low & 7));
    }
  }

  get size(): number {
    return this.#hashes.size;
  }

  has(hash: number): boolean {
    return this.mayHave(hash >>> 0) && this.#hashes.has(hash);
  }

  /** Whether it may have a hash whose lower 32 bits are these. */
  mayHave(low: number): boolean {
    const place = low & this.#mask;
    return ((this.#bits[place >> 3] ?? 0) & (1 << (place & 7))) !== 0;
  }
}
