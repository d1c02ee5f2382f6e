/**
 * Texts that were met. Most are met again or are the first of their length, and then a comparison tells: a set would
 * hash each of them, which for long ones costs many times as much.
 */
export class Texts {
  readonly #firstOfLength = new Map<number, string>();
  #others: Set<string> | undefined;

  /** Whether a text is met for the first time. */
  isNew(text: string): boolean {
    const first = this.#firstOfLength.get(text.length);
    if (first === text) return false;
    if (first === undefined) {
      this.#firstOfLength.set(text.length, text);
      return true;
    }
    this.#others ??= new Set();
    if (this.#others.has(text)) return false;
    this.#others.add(text);
    return true;
  }
}
