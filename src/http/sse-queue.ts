const smallest = 1024;

/** Bytes that come in at one end and go out at the other. */
export class ByteQueue {
  #store = new Uint8Array(smallest);
  #from = 0;
  #to = 0;

  get length(): number {
    return this.#to - this.#from;
  }

  /** What is in it, valid until the next change; only the first `length` bytes count. */
  get bytes(): Uint8Array {
    return this.#store.subarray(this.#from, this.#to);
  }

  push(chunk: Uint8Array): void {
    if (this.#to + chunk.length > this.#store.length) this.#makeRoom(chunk.length);
    this.#store.set(chunk, this.#to);
    this.#to += chunk.length;
  }

  /** A copy of the first bytes, which leave the queue. */
  take(count: number): Uint8Array {
    const taken = this.#store.slice(this.#from, this.#from + count);
    this.#from += count;
    if (this.#from === this.#to) {
      this.#from = 0;
      this.#to = 0;
      if (this.#store.length > 64 * smallest) this.#store = new Uint8Array(smallest);
    }
    return taken;
  }

  #makeRoom(more: number): void {
    const needed = this.length + more;
    if (needed * 2 <= this.#store.length) {
      this.#store.copyWithin(0, this.#from, this.#to);
    } else {
      const grown = new Uint8Array(needed * 2);
      grown.set(this.#store.subarray(this.#from, this.#to));
      this.#store = grown;
    }
    this.#to -= this.#from;
    this.#from = 0;
  }
}
