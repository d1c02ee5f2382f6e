/** The top bit of each byte of a word that is zero, and perhaps of some above the lowest of these. */
export function zeroBytes(word: number): number {
  return (word - 0x01010101) & ~word & 0x80808080;
}

/** Which byte of a word, read from its low end, is the first of those whose top bit is set; for a word that has one. */
export function firstMarked(marks: number): number {
  return 3 - (Math.clz32(marks & -marks) >> 3);
}
