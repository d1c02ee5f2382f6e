import {
  anyByte,
  type ByteSet,
  byteSet,
  complement,
  digits,
  spaces,
  union,
  wordBytes,
} from "./byte-set.ts";

export const classEscapes: ReadonlyMap<string, ByteSet> = new Map([
  ["d", digits],
  ["D", complement(digits)],
  ["w", wordBytes],
  ["W", complement(wordBytes)],
  ["s", spaces],
  ["S", complement(spaces)],
  ["C", anyByte],
]);

export const controlEscapes: ReadonlyMap<string, ByteSet> = new Map(
  Object.entries({ n: 10, r: 13, t: 9, f: 12, v: 11, a: 7, "0": 0 }).map(([letter, byte]) => [
    letter,
    byteSet([byte, byte]),
  ]),
);

const upper = byteSet([65, 90]);
const lower = byteSet([97, 122]);
const beyondAscii = byteSet([128, 255]);

/** The Unicode categories that rule sets use, on bytes: whatever is beyond ASCII counts as a letter. */
export const unicodeClasses: ReadonlyMap<string, ByteSet> = new Map([
  ["L", union(upper, lower, beyondAscii)],
  ["Lu", upper],
  ["Ll", union(lower, beyondAscii)],
  ["N", digits],
  ["Nd", digits],
]);

const encoder = new TextEncoder();

export function literalBytes(character: string): readonly number[] {
  return [...encoder.encode(character)];
}
