const capacity = 10_000;

/** Answers kept for a while, asked for once however many wait for them. A failure is not kept. */
export class Remembered<T> {
  readonly #now: () => number;
  readonly #lifetime: number;
  readonly #answers = new Map<string, { readonly until: number; readonly value: Promise<T> }>();

  /** `lifetime` in milliseconds. */
  constructor(now: () => number, lifetime: number) {
    this.#now = now;
    this.#lifetime = lifetime;
  }

  get(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key);
    if (known !== undefined && known.until > this.#now()) return known.value;
    const value = ask();
    this.#answers.delete(key);
    this.#answers.set(key, { until: this.#now() + this.#lifetime, value });
    value.catch(() => this.#answers.delete(key));
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > capacity && oldest !== undefined) this.#answers.delete(oldest);
    return value;
  }

  /** Drops an answer, so that it is asked for again. */
  forget(key: string): undefined {
    this.#answers.delete(key);
  }
}
