const none: readonly string[] = [];

/**
 * Header fields of one message (RFC 9110 section 5): names in lower case, in order of arrival,
 * a name as often as it came. Unlike the Fetch `Headers`, it never joins two lines into one.
 */
export class Fields implements Iterable<readonly [string, string]> {
  /** Names and values in turn: a request may wait for long with its fields, and thousands may wait. */
  #lines: readonly string[];

  /** `lines` carry lower-case names already. */
  constructor(lines: readonly (readonly [string, string])[]) {
    // A copy has no room to spare.
    this.#lines = lines.flat().slice();
  }

  /** The same of names and values in turn. */
  static flat(lines: readonly string[]): Fields {
    const fields = new Fields([]);
    fields.#lines = lines.slice();
    return fields;
  }

  /** How many lines there are, for what every message goes through: the iterator makes two objects of each. */
  get count(): number {
    return this.#lines.length / 2;
  }

  nameAt(line: number): string {
    return this.#lines[line * 2] ?? "";
  }

  valueAt(line: number): string {
    return this.#lines[line * 2 + 1] ?? "";
  }

  /** The same but for the lines of these names, with others after them. */
  but(names: readonly string[], others: readonly (readonly [string, string])[] = []): Fields {
    const lines: string[] = [];
    for (let line = 0; line < this.count; line++) {
      const name = this.nameAt(line);
      if (!names.includes(name)) lines.push(name, this.valueAt(line));
    }
    for (const [name, value] of others) lines.push(name, value);
    return Fields.flat(lines);
  }

  /** The first value of that name (lower case). */
  get(name: string): string | undefined {
    for (let at = 0; at < this.#lines.length; at += 2)
      if (this.#lines[at] === name) return this.#lines[at + 1];
    return undefined;
  }

  /** Every value of that name (lower case), in order. */
  all(name: string): readonly string[] {
    let found: string[] | undefined;
    for (let at = 0; at < this.#lines.length; at += 2) {
      if (this.#lines[at] !== name) continue;
      found ??= [];
      found.push(this.#lines[at + 1] ?? "");
    }
    return found ?? none;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  *[Symbol.iterator](): Iterator<readonly [string, string]> {
    for (let at = 0; at < this.#lines.length; at += 2)
      yield [this.#lines[at] ?? "", this.#lines[at + 1] ?? ""];
  }
}
