/**
 * What was met of late, by a key: the latest `most` and at most as many again. Whoever sends ever new keys only makes
 * it forget; a key of more than `longest` characters is not kept.
 */
export class Recent<Value> {
  readonly #most: number;
  readonly #longest: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  constructor(most: number, longest = 1024) {
    this.#most = most;
    this.#longest = longest;
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: Value): void {
    if (key.length > this.#longest) return;
    if (this.#young.size >= this.#most) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  /** What is kept for the key, else what is made for it, which is kept from now on. */
  take(key: string, make: (key: string) => Value): Value {
    const known = this.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    this.set(key, value);
    return value;
  }
}
