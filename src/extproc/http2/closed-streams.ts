const most = 1024;

/** How the last streams of a connection were closed. Of older ones nothing is known any more. */
export class ClosedStreams {
  /** A ring: those that we reset have their number below zero. */
  readonly #last = new Int32Array(most);
  #next = 0;

  add(id: number, reset: boolean): void {
    this.#last[this.#next] = reset ? -id : id;
    this.#next = (this.#next + 1) % most;
  }

  /** Whether we reset it, so that what the other side sent meanwhile must be borne. */
  wasReset(id: number): boolean {
    return this.#last.includes(-id);
  }

  /** Whether it was open not long ago. */
  wasOpen(id: number): boolean {
    return this.#last.includes(id) || this.wasReset(id);
  }
}
