/** A set of bytes: 256 entries, 1 where the byte belongs. */
export type ByteSet = Uint8Array;

/** The bytes of these inclusive ranges. */
export function byteSet(...ranges: readonly (readonly [number, number])[]): ByteSet {
  const set = new Uint8Array(256);
  for (const [low, high] of ranges) set.fill(1, low, high + 1);
  return set;
}

export function union(...sets: readonly ByteSet[]): ByteSet {
  return new Uint8Array(256).map((_, byte) => (sets.some((set) => set[byte] === 1) ? 1 : 0));
}

export function complement(set: ByteSet): ByteSet {
  return set.map((has) => 1 - has);
}

/** Adds the other case of every ASCII letter. */
export function foldCase(set: ByteSet): ByteSet {
  const folded = set.slice();
  for (let upper = 65; upper <= 90; upper++) {
    const either = (set[upper] ?? 0) | (set[upper + 32] ?? 0);
    folded[upper] = either;
    folded[upper + 32] = either;
  }
  return folded;
}

export function members(set: ByteSet): number[] {
  const bytes: number[] = [];
  for (let byte = 0; byte < 256; byte++) if (set[byte] === 1) bytes.push(byte);
  return bytes;
}

export const digits = byteSet([48, 57]);
export const wordBytes = byteSet([48, 57], [65, 90], [97, 122], [95, 95]);
/** RE2's `\s`: no vertical tab. */
export const spaces = byteSet([9, 10], [12, 13], [32, 32]);
export const anyByte = byteSet([0, 255]);
export const newline = byteSet([10, 10]);

const upper = byteSet([65, 90]);
const lower = byteSet([97, 122]);

/** The names of `[[:name:]]`. */
export const posixClasses: ReadonlyMap<string, ByteSet> = new Map([
  ["alnum", union(digits, upper, lower)],
  ["alpha", union(upper, lower)],
  ["ascii", byteSet([0, 127])],
  ["blank", byteSet([9, 9], [32, 32])],
  ["cntrl", byteSet([0, 31], [127, 127])],
  ["digit", digits],
  ["graph", byteSet([33, 126])],
  ["lower", lower],
  ["print", byteSet([32, 126])],
  ["punct", byteSet([33, 47], [58, 64], [91, 96], [123, 126])],
  ["space", byteSet([9, 13], [32, 32])],
  ["upper", upper],
  ["word", wordBytes],
  ["xdigit", union(digits, byteSet([65, 70], [97, 102]))],
]);
