import type { Clock } from "../../base/clock.ts";

const gatherFor = 100;

/** Puts lines out together, a tenth of a second late at most: on a pipe every write holds the whole process up. */
export class Lines {
  readonly #out: (lines: string) => void;
  readonly #clock: Clock;
  #waiting: string[] = [];

  /** `out` takes one line or more, without the last line's end. */
  constructor(out: (lines: string) => void, clock: Clock) {
    this.#out = out;
    this.#clock = clock;
  }

  add(line: string): void {
    if (this.#waiting.push(line) === 1) this.#clock.after(gatherFor, () => this.flush());
  }

  /** Puts out what waits, now. */
  flush(): void {
    const lines = this.#waiting;
    this.#waiting = [];
    if (lines.length > 0) this.#out(lines.join("\n"));
  }
}
