import { concat } from "./transform.ts";

const empty = new Uint8Array(0);

/** Gathers what comes out of one chunk: runs of its bytes that go on as they are, and bytes put in between. */
export class EditOutput {
  #chunk: Uint8Array = empty;
  #from = 0;
  #end = 0;
  #parts: Uint8Array[] = [];

  /** The chunk that `pass` speaks of from now on. */
  begin(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#from = 0;
    this.#end = 0;
  }

  /** These bytes of the chunk go on as they are; runs that meet become one. */
  pass(from: number, end: number): void {
    if (from !== this.#end) {
      this.#endRun();
      this.#from = from;
    }
    this.#end = end;
  }

  /** These bytes go out behind all that was passed. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#endRun();
    this.#parts.push(bytes);
  }

  /** All that was gathered since the last time: the chunk itself, where all of it goes on as it is. */
  take(): Uint8Array {
    const isWhole = this.#from === 0 && this.#end === this.#chunk.length;
    if (isWhole && this.#parts.length === 0) {
      const chunk = this.#chunk;
      this.begin(empty);
      return chunk;
    }
    this.#endRun();
    this.begin(empty);
    return concat(this.#parts.splice(0));
  }

  #endRun(): void {
    if (this.#end > this.#from) this.#parts.push(this.#chunk.subarray(this.#from, this.#end));
    this.#from = this.#end;
  }
}
