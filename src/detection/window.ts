const smallest = 256;
const roomy = 64 * 1024;

const none = new Uint8Array(0);

/** From Buffer's pool: a window is opened for each piece of each event, and memory of its own costs the collector. */
function room(size: number): Uint8Array {
  return Buffer.allocUnsafe(Math.max(smallest, size));
}

/** The latest bytes of a stream, addressed by their offset in it. */
export class Window {
  #bytes: Uint8Array = none;
  #length = 0;
  /** Offset in the stream of the first byte that is kept. */
  base: number;

  constructor(base: number) {
    this.base = base;
  }

  /** Forgets everything; the next byte has that offset. */
  restart(base: number): void {
    this.base = base;
    this.#length = 0;
  }

  /** Offset after the last byte. */
  get end(): number {
    return this.base + this.#length;
  }

  /** The bytes themselves; the byte at offset `n` is at `n - base`. Valid until the next `append` or `trim`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#bytes.length) {
      const grown = room(needed > 4096 ? needed : needed * 2);
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = needed;
  }

  /** A copy of the bytes between two offsets, of those that are kept. */
  copy(from: number, to: number): Uint8Array {
    const [start, end] = [Math.max(0, from - this.base), Math.max(0, to - this.base)];
    return new Uint8Array(this.#bytes.subarray(start, end));
  }

  /** Forgets what stands before that offset, sooner or later. */
  trim(from: number): void {
    const drop = Math.min(from - this.base, this.#length);
    if (drop <= 0 || (drop < this.#length - drop && this.#bytes.length <= roomy)) return;
    const rest = this.#length - drop;
    if (this.#bytes.length > 2 * roomy && rest <= smallest) {
      const kept = room(smallest);
      kept.set(this.#bytes.subarray(drop, this.#length));
      this.#bytes = kept;
    } else {
      this.#bytes.copyWithin(0, drop, this.#length);
    }
    this.base += drop;
    this.#length = rest;
  }
}
