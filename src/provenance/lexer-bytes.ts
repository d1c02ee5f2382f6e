/** What a byte may begin. */
export const classOf = {
  space: 0,
  newline: 1,
  letter: 2,
  digit: 3,
  quote: 4,
  dropped: 5,
  mark: 6,
} as const;

/** The class of each byte; all of UTF-8 beyond ASCII counts as letters. */
export const classes: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  if (char === "\n") return classOf.newline;
  if (byte <= 32) return classOf.space;
  if (byte >= 128 || /[A-Za-z_$]/.test(char)) return classOf.letter;
  if (/[0-9]/.test(char)) return classOf.digit;
  if (/["'`]/.test(char)) return classOf.quote;
  // Formatters put these in and take them out.
  return /[;,]/.test(char) ? classOf.dropped : classOf.mark;
});
