/**
 * Text in which nothing hides: control characters (line feed and tab excepted), and characters that change the order
 * of others or do not print at all, are written out. What an approver sees is then what there is.
 */
export function visible(text: string): string {
  return text.replaceAll(hidden, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return code === 0x7f ? "\u2421" : `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
  });
}

// Cc but LF and TAB, Cf (bidi controls, zero width, tags), line separators, lone surrogates, private use, fillers.
const hidden =
  /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]|\u034f|[\u115f\u1160\u17b4\u17b5\u3164\uffa0]|[\ufe00-\ufe0f]/gu;
