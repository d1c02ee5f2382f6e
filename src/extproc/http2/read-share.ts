/** What reading may take of one turn of the event loop, on all connections together: there may be many with much to say. */
export class ReadShare {
  readonly #longest: number;
  #spent = 0;

  /** `longest` in milliseconds. */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Milliseconds that may still be spent in this turn. */
  get left(): number {
    return Math.max(0, this.#longest - this.#spent);
  }

  spend(ms: number): void {
    if (this.#spent === 0) setImmediate(renew, this);
    this.#spent += ms;
  }

  renew(): void {
    this.#spent = 0;
  }
}

function renew(share: ReadShare): void {
  share.renew();
}
