import { type AhoCorasick, afterText } from "./aho-corasick.ts";

/** Shorter texts are read in one go, in bytes. */
const worthLanes = 96;

/**
 * Whether any of an automaton's literals ends in a text, and nothing else of it. One chain of states waits for memory
 * at each byte, so a text is read at four places at once, at each from so far before its own part that no literal can
 * stand on the border unseen; and a state has a row of all 256 bytes here, which saves a look at each.
 */
export class QuickLook {
  readonly #automaton: AhoCorasick;
  /** How far before its own part a place begins to read: an even number, since two bytes are read at a time. */
  readonly #before: number;
  readonly #next: Uint16Array | Uint32Array;

  constructor(automaton: AhoCorasick) {
    const { next, classes, stride, depths } = automaton;
    const states = next.length / stride;
    this.#automaton = automaton;
    this.#before = depths.reduce((most, depth) => Math.max(most, depth), 0) & ~1;
    this.#next = states > 65_536 ? new Uint32Array(states * 256) : new Uint16Array(states * 256);
    for (let state = 0; state < states; state++)
      for (let byte = 0; byte < 256; byte++)
        this.#next[state * 256 + byte] =
          (next[state * stride + (classes[byte] as number)] as number) / stride;
  }

  /** Whether none ends in the text, where the automaton stands in that state before it. */
  isQuiet(from: number, text: Uint8Array): boolean {
    const { length } = text;
    const own = length < worthLanes + this.#before ? 0 : ((length - this.#before) >> 3) << 1;
    const state = own === 0 ? from : this.#inLanes(from, text, own);
    const read = own === 0 ? 0 : 4 * own + this.#before;
    if (state < 0 || read === length) return state >= 0;
    return afterText(this.#automaton, state, read === 0 ? text : text.subarray(read)) >= 0;
  }

  /** Reads four parts, each that long, and what comes before the fifth; gives the state after it, -1 where one ends. */
  #inLanes(from: number, text: Uint8Array, own: number): number {
    const { stride, start, firstHit } = this.#automaton;
    const next = this.#next;
    const limit = firstHit / stride - 1;
    const end = own + this.#before;
    let a = from / stride;
    let b = start / stride;
    let c = b;
    let d = b;
    for (let at = 0; at < end; at += 2) {
      const one = next[a * 256 + (text[at] as number)] as number;
      const two = next[b * 256 + (text[at + own] as number)] as number;
      const three = next[c * 256 + (text[at + 2 * own] as number)] as number;
      const four = next[d * 256 + (text[at + 3 * own] as number)] as number;
      a = next[one * 256 + (text[at + 1] as number)] as number;
      b = next[two * 256 + (text[at + own + 1] as number)] as number;
      c = next[three * 256 + (text[at + 2 * own + 1] as number)] as number;
      d = next[four * 256 + (text[at + 3 * own + 1] as number)] as number;
      const first = (limit - one) | (limit - two) | (limit - three) | (limit - four);
      if ((first | (limit - a) | (limit - b) | (limit - c) | (limit - d)) < 0) return -1;
    }
    return d * stride;
  }
}
