// What people do to code that an assistant gave them. Written apart from the product's lexer, so that a mistake in
// one does not hide a mistake in the other.

export type Random = () => number;

/** Mulberry32: the same corpus and seed give the same figures. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function pick<T>(list: readonly T[], next: Random): T {
  return list[Math.floor(next() * list.length)] as T;
}

const keywords = new Set(
  "abstract any as assert async await bool boolean break byte case catch chan char class const continue def default defer del delete do double elif else enum except export extends extern fallthrough false False final finally float for from fn func function get global go goto if implements import in instanceof int interface is keyof lambda let long map match namespace native new nil None nonlocal not null number object of or and package pass private protected public raise range readonly return select self set short static string struct super switch synchronized this throw throws transient true True try type typeof undefined unknown use var void volatile while with yield int64 uint64 rune error make append len abstract override infer never declare debugger cls rune".split(
    " ",
  ),
);
/** Comments and strings first, so that nothing in them is taken for code. */
export const pieces = (language: string): RegExp =>
  language === "Python"
    ? /#[^\n]*|"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[A-Za-z_]\w*|[\s\S]/g
    : /\/\/[^\n]*|\/\*[\s\S]*?\*\/|`(?:\\[\s\S]|[^`\\])*`|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[A-Za-z_$][\w$]*|[\s\S]/g;

/**
 * Gives every name another one, the same each time: variables, parameters, functions, types. Members (`.length`) keep
 * theirs, since they belong to code that is elsewhere; keywords, strings and comments stay.
 */
export function rename(text: string, language: string, next: Random): string {
  const names = new Map<string, string>();
  return text.replace(pieces(language), (piece, at: number) => {
    if (!/^[A-Za-z_$]/.test(piece) || keywords.has(piece) || text[at - 1] === ".") return piece;
    const known = names.get(piece);
    if (known !== undefined) return known;
    const name = `n${Math.floor(next() * 1e6).toString(36)}${names.size}`;
    names.set(piece, name);
    return name;
  });
}

/** Another indentation, other quotes, arguments on lines of their own, semicolons and last commas put in or left out. */
export function reformat(text: string, language: string, next: Random): string {
  let depth = 0;
  const width = pick(["   ", "    ", "      ", "\t"], next);
  const body = text.replace(pieces(language), (piece) => {
    if (piece === "(") depth++;
    if (piece === ")") depth = Math.max(0, depth - 1);
    if (piece === "," && depth > 0 && next() < 0.3) return ",\n";
    if (piece === ";" && language.endsWith("Script") && depth === 0 && next() < 0.5) return "";
    const quoted = /^(["'])([^"'\\`\n$]*)\1$/.exec(piece);
    if (quoted && language !== "Go" && language !== "Java")
      return quoted[1] === '"' ? `'${quoted[2]}'` : `"${quoted[2]}"`;
    return piece;
  });
  return body
    .split("\n")
    .map((line) => line.replace(/^[ \t]+/, (indent) => width.repeat(Math.ceil(indent.length / 2))))
    .join("\n");
}

/** Of ten lines two: gone, or another one before them, or a word in them changed. */
export function edit(
  text: string,
  share: number,
  foreign: readonly string[],
  next: Random,
): string {
  return text
    .split("\n")
    .flatMap((line) => {
      if (line.trim() === "" || next() >= share) return [line];
      const how = next();
      if (how < 0.34) return [];
      if (how < 0.67) return [pick(foreign, next), line];
      const words = line.match(/[A-Za-z_]\w*|\d+/g) ?? [];
      return words.length === 0
        ? []
        : [line.replace(pick(words, next), `other${Math.floor(next() * 999)}`)];
    })
    .join("\n");
}
