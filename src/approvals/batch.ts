/**
 * Makes one call of many: what is asked while a call is under way goes together with the next. Each gets the answer in its
 * place; where the call rejects, all of it do.
 */
export class Batch<Asked, Answer> {
  readonly #call: (asked: readonly Asked[]) => Promise<readonly Answer[]>;
  readonly #most: number;
  #waiting: Waiting<Asked, Answer>[] = [];
  readonly #atOnce: number;
  #calls = 0;

  /** `most`: how many go in one call; `atOnce`: how many calls may be under way. */
  constructor(
    most: number,
    call: (asked: readonly Asked[]) => Promise<readonly Answer[]>,
    atOnce = 1,
  ) {
    this.#atOnce = atOnce;
    this.#most = most;
    this.#call = call;
  }

  ask(asked: Asked): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ asked, resolve, reject });
      if (this.#calls < this.#atOnce) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#calls += 1;
    while (this.#waiting.length > 0) await this.#next(this.#waiting.splice(0, this.#most));
    this.#calls -= 1;
  }

  async #next(some: readonly Waiting<Asked, Answer>[]): Promise<void> {
    try {
      const answers = await this.#call(some.map(({ asked }) => asked));
      if (answers.length !== some.length) throw new Error("not every one has its answer");
      for (const [i, { resolve }] of some.entries()) resolve(answers[i] as Answer);
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }
}

interface Waiting<Asked, Answer> {
  readonly asked: Asked;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}
