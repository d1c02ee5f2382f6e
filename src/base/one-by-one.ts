/** Does pieces of work in the order in which they came, each when the one before is over, well or badly. */
export class OneByOne {
  #last: Promise<unknown> = Promise.resolve();

  /** What the work gives, or its failure, once it is its turn. */
  readonly run = <T>(work: () => Promise<T>): Promise<T> => {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  };

  /** Resolves when all that came so far is over. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
