import { type AhoCorasick, afterText } from "./aho-corasick.ts";

/**
 * Whether any of some literals stands in a text. Wu and Manber (1994): of each window as long as the shortest literal
 * only the last two bytes are looked at, and mostly they say that the window can move by nearly its length.
 */
export class SkipSearch {
  readonly #literals: readonly Uint8Array[];
  readonly #window: number;
  /** By the last two bytes of the window, how far it can move; 0 where a literal may stand in it. */
  readonly #shifts: Uint8Array;
  readonly #automaton: AhoCorasick;

  /** The automaton is of the same literals: it takes over where a text comes close too often. */
  constructor(literals: readonly Uint8Array[], automaton: AhoCorasick) {
    this.#literals = literals;
    this.#automaton = automaton;
    this.#window = Math.min(255, ...literals.map(({ length }) => length));
    this.#shifts = new Uint8Array(65_536).fill(Math.max(1, this.#window - 1));
    for (const literal of literals)
      for (let at = 1; at < this.#window; at++) {
        const pair = ((literal[at - 1] ?? 0) << 8) | (literal[at] ?? 0);
        this.#shifts[pair] = Math.min(this.#shifts[pair] ?? 0, this.#window - 1 - at);
      }
  }

  isIn(text: Uint8Array): boolean {
    if (this.#window < 2) return this.#slowly(text);
    const shifts = this.#shifts;
    const { length } = text;
    // Each candidate costs a comparison with all literals; beyond that many the automaton is faster, whatever the text.
    let left = 16 + (length >> 6);
    for (let at = this.#window - 1; at < length; ) {
      const shift = shifts[((text[at - 1] as number) << 8) | (text[at] as number)] as number;
      if (shift > 0) {
        at += shift;
        continue;
      }
      if (left-- === 0) return this.#slowly(text.subarray(at - this.#window + 1));
      if (this.#standsAt(text, at - this.#window + 1)) return true;
      at += 1;
    }
    return false;
  }

  #standsAt(text: Uint8Array, from: number): boolean {
    return this.#literals.some((literal) => {
      if (from + literal.length > text.length) return false;
      for (let at = 0; at < literal.length; at++) if (text[from + at] !== literal[at]) return false;
      return true;
    });
  }

  #slowly(text: Uint8Array): boolean {
    return afterText(this.#automaton, this.#automaton.start, text) < 0;
  }
}
