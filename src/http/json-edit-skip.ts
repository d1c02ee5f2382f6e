const quote = 0x22;
const backslash = 0x5c;

/** Finds the end of one JSON value without reading what is in it. */
export class JsonSkip {
  #depth = 0;
  #inString = false;
  #escaped = false;
  #inScalar = false;
  /** The value is over. */
  over = false;

  /** Takes bytes from `from` on; gives the offset after those that belong to the value. */
  read(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length && !this.over) if (this.#readByte(chunk[at] ?? 0)) at++;
    return at;
  }

  /** False if the byte comes after the value. */
  #readByte(byte: number): boolean {
    if (this.#inString) this.#readInString(byte);
    else if (this.#inScalar) return this.#readInScalar(byte);
    else if (byte === quote) this.#inString = true;
    else if (byte === 0x7b || byte === 0x5b) this.#depth++;
    else if (byte === 0x7d || byte === 0x5d) this.over = --this.#depth <= 0;
    else if (this.#depth === 0) this.#inScalar = true;
    return true;
  }

  #readInString(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === backslash) this.#escaped = true;
    else if (byte === quote) {
      this.#inString = false;
      this.over = this.#depth === 0;
    }
  }

  #readInScalar(byte: number): boolean {
    this.over = byte === 0x2c || byte === 0x7d || byte === 0x5d || byte <= 0x20;
    return !this.over;
  }
}
