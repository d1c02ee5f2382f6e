/**
 * Does what it is given, in order, a few in each turn of the event loop: what else there is to do gets its time between
 * them, however many come at once.
 */
export class Turns {
  readonly #perTurn: number;
  #due: (() => void)[] = [];
  #at = 0;
  #planned = false;

  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  add(act: () => void): void {
    this.#due.push(act);
    this.#plan();
  }

  /** Resolves when it is this one's turn. */
  next(): Promise<void> {
    return new Promise((resolve) => this.add(resolve));
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => this.#serve());
  }

  #serve(): void {
    this.#planned = false;
    const end = Math.min(this.#at + this.#perTurn, this.#due.length);
    // Planned before any of it is done: whatever one of them throws, the others get their turn.
    if (end < this.#due.length) this.#plan();
    while (this.#at < end) this.#due[this.#at++]?.();
    if (this.#at < this.#due.length) return;
    this.#due = [];
    this.#at = 0;
  }
}
