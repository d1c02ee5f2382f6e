import { concat } from "./transform.ts";

/** Gathers what comes out of one chunk: runs of its bytes that go on as they are, and bytes put in between. */
export class EditOutput {
  #chunk: Uint8Array = new Uint8Array(0);
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
    this.#endRun();
    if (bytes.length > 0) this.#parts.push(bytes);
  }

  /** All that was gathered since the last time. */
  take(): Uint8Array {
    this.#endRun();
    return concat(this.#parts.splice(0));
  }

  #endRun(): void {
    if (this.#end > this.#from) this.#parts.push(this.#chunk.subarray(this.#from, this.#end));
    this.#from = this.#end;
  }
}
