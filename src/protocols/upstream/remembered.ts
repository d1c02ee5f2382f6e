interface Answer<T> {
  readonly until: number;
  readonly value: Promise<T>;
  weight: number;
}

export interface Memory<T> {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** How long an answer is believed, in milliseconds. */
  readonly lifetime: number;
  /** How much all answers together may weigh; the oldest go first. */
  readonly capacity: number;
  /** What an answer weighs beside the one that each weighs in itself. */
  weigh?(value: T): number;
}

/** Answers kept for a while, asked for once however many wait for them. A failure is not kept. */
export class Remembered<T> {
  readonly #memory: Memory<T>;
  readonly #answers = new Map<string, Answer<T>>();
  #weight = 0;

  constructor(memory: Memory<T>) {
    this.#memory = memory;
  }

  get(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key);
    if (known !== undefined && known.until > this.#memory.now()) return known.value;
    this.forget(key);
    const value = ask();
    const answer = { until: this.#memory.now() + this.#memory.lifetime, value, weight: 1 };
    this.#answers.set(key, answer);
    this.#weight += 1;
    this.#makeRoom();
    value.then(
      (said) => this.#weigh(key, answer, said),
      () => this.#drop(key, answer),
    );
    return value;
  }

  /** Drops an answer, so that it is asked for again. */
  forget(key: string): undefined {
    const known = this.#answers.get(key);
    if (known !== undefined) this.#drop(key, known);
  }

  #weigh(key: string, answer: Answer<T>, value: T): void {
    if (this.#answers.get(key) !== answer) return;
    const more = this.#memory.weigh?.(value) ?? 0;
    answer.weight += more;
    this.#weight += more;
    this.#makeRoom();
  }

  #makeRoom(): void {
    for (const [key, answer] of this.#answers) {
      if (this.#weight <= this.#memory.capacity) return;
      this.#drop(key, answer);
    }
  }

  #drop(key: string, answer: Answer<T>): void {
    if (this.#answers.get(key) !== answer) return;
    this.#answers.delete(key);
    this.#weight -= answer.weight;
  }
}
