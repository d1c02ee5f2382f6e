/**
 * Header fields of one message (RFC 9110 section 5): names in lower case, in order of arrival,
 * a name as often as it came. Unlike the Fetch `Headers`, it never joins two lines into one.
 */
export class Fields implements Iterable<readonly [string, string]> {
  readonly #lines: readonly (readonly [string, string])[];

  /** `lines` carry lower-case names already. */
  constructor(lines: readonly (readonly [string, string])[]) {
    this.#lines = lines;
  }

  /** The first value of that name (lower case). */
  get(name: string): string | undefined {
    for (const line of this.#lines) if (line[0] === name) return line[1];
    return undefined;
  }

  /** Every value of that name (lower case), in order. */
  all(name: string): readonly string[] {
    return this.#lines.filter((line) => line[0] === name).map((line) => line[1]);
  }

  has(name: string): boolean {
    return this.#lines.some((line) => line[0] === name);
  }

  [Symbol.iterator](): Iterator<readonly [string, string]> {
    return this.#lines[Symbol.iterator]();
  }
}
