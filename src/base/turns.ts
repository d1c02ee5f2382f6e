import { stopwatch } from "./stopwatch.ts";

/**
 * Does what it is given, in order, a few in each turn of the event loop: what else there is to do gets its time between
 * them, however many come at once.
 */
export class Turns {
  readonly #perTurn: number;
  readonly #within: number;
  /** What was done is let go at once: where there is always more to do, the list is never empty. */
  #due: ((() => void) | undefined)[] = [];
  #at = 0;
  #planned = false;

  /** `within`: milliseconds after which no more is begun in one turn, with what follows at once from what was. */
  constructor(perTurn: number, within = Number.POSITIVE_INFINITY) {
    this.#perTurn = perTurn;
    this.#within = within;
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
    setImmediate(serve, this);
  }

  async serve(): Promise<void> {
    this.#planned = false;
    const elapsed = stopwatch();
    const end = Math.min(this.#at + this.#perTurn, this.#due.length);
    try {
      while (this.#at < end) {
        const act = this.#due[this.#at];
        this.#due[this.#at++] = undefined;
        act?.();
        // What promises lead to comes now, and counts.
        await undefined;
        if (elapsed() >= this.#within) break;
      }
    } finally {
      // Whatever one of them throws, the others get their turn.
      if (this.#at < this.#due.length) this.#plan();
      if (this.#at * 2 >= this.#due.length) this.#forget();
    }
  }

  /** Shortens the list once half of it is done, so that this costs little for each. */
  #forget(): void {
    this.#due = this.#due.slice(this.#at);
    this.#at = 0;
  }
}

function serve(turns: Turns): void {
  void turns.serve();
}
