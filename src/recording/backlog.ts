/** Counts bytes that wait to be written: of one session, and so of all. */
export class Backlog {
  #of: Backlog | undefined;
  #bytes = 0;

  constructor(of?: Backlog) {
    this.#of = of;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** So many more wait, or fewer. */
  add(bytes: number): void {
    this.#bytes += bytes;
    this.#of?.add(bytes);
  }

  /** What waits here is nobody else's any more: it will be written, or never. */
  leave(): void {
    this.#of?.add(-this.#bytes);
    this.#of = undefined;
  }
}
