/** Object kinds by offset, nine bytes each: offsets come in ascending order and are found by bisection. */
export class OffsetIndex {
  #offsets = new Float64Array(1024);
  #kinds = new Uint8Array(1024);
  #length = 0;

  add(offset: number, kind: number): void {
    if (this.#length === this.#offsets.length) this.#grow();
    this.#offsets[this.#length] = offset;
    this.#kinds[this.#length] = kind;
    this.#length += 1;
  }

  /** The kind noted for that offset. */
  get(offset: number): number | undefined {
    let low = 0;
    let high = this.#length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.#offsets[middle] ?? 0;
      if (found === offset) return this.#kinds[middle];
      if (found < offset) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  #grow(): void {
    const offsets = new Float64Array(this.#length * 2);
    const kinds = new Uint8Array(this.#length * 2);
    offsets.set(this.#offsets);
    kinds.set(this.#kinds);
    this.#offsets = offsets;
    this.#kinds = kinds;
  }
}
