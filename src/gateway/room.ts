import { Turns } from "../base/turns.ts";
import { type Refuse, refuse } from "../core/outcome.ts";

const full = refuse(
  "unavailable",
  "Sallyport has too much to do. Nothing was forwarded; try again.",
);

/** So many that waited go on in one turn of the event loop, and none after so many milliseconds. */
const perTurn = 500;
const longestTurn = 6;

/**
 * How many exchanges may be in the house at once, and whether it keeps up. One that comes when there is no room is
 * refused with 503 before anything of it is judged: a queue without an end would take those inside down with it.
 */
export class Room {
  readonly #limit: number;
  readonly #behind: () => boolean;
  readonly #turns = new Turns(perTurn, longestTurn);
  #inside = 0;

  /** `behind`: whether this process is so late with its work that more would only wait. */
  constructor(limit: number, behind: () => boolean) {
    this.#limit = limit;
    this.#behind = behind;
  }

  /** Exchanges that have entered and not left, refused ones among them. */
  get inside(): number {
    return this.#inside;
  }

  /** Counts one more, and gives the refusal where it may not be judged. Each `enter` wants one `leave`, whatever it gave. */
  enter(): Refuse | undefined {
    this.#inside += 1;
    return this.#inside > this.#limit || this.#behind() ? full : undefined;
  }

  /** Resolves when it is the turn of one that waited to go on: thousands may be let go at once, and others are there, too. */
  turn(): Promise<void> {
    return this.#turns.next();
  }

  leave(): void {
    this.#inside -= 1;
  }
}
