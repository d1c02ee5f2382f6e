/** The same bytes in pieces, cut at those places, wherever they may be. */
export function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const at = [...places.map((place) => place % (bytes.length + 1)), 0, bytes.length];
  const sorted = at.sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}
