/**
 * A map whose entries come and go by the thousand. V8 makes a new table for a `Map` once the old one is full of what was
 * deleted, and links the old one to the new: one table in the old generation that nobody needs any more keeps all that come
 * after it, each with what it held at its end, until V8 collects everything. Where the map is of what is under way, this is half
 * of all that ever was. Here an entry that leaves lets go of its value, so that a table of the past holds nothing.
 */
export class TransientMap<Key, Value> {
  readonly #cells = new Map<Key, { value: Value | undefined }>();

  get size(): number {
    return this.#cells.size;
  }

  get(key: Key): Value | undefined {
    return this.#cells.get(key)?.value;
  }

  set(key: Key, value: Value): void {
    const cell = this.#cells.get(key);
    if (cell === undefined) this.#cells.set(key, { value });
    else cell.value = value;
  }

  /** Whether there was such an entry. */
  delete(key: Key): boolean {
    const cell = this.#cells.get(key);
    if (cell === undefined) return false;
    cell.value = undefined;
    return this.#cells.delete(key);
  }

  /** What is there now, in the order in which it came; what comes or goes meanwhile does not matter. */
  entries(): readonly (readonly [Key, Value])[] {
    return [...this.#cells].map(([key, { value }]) => [key, value as Value] as const);
  }

  values(): readonly Value[] {
    return [...this.#cells.values()].map(({ value }) => value as Value);
  }

  keys(): readonly Key[] {
    return [...this.#cells.keys()];
  }
}
