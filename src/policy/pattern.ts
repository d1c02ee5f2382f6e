/** Whether a text is one that the author of a rule meant. */
export type Pattern = (text: string) => boolean;

/**
 * A glob: `*` stands for any run of characters but `/`, `**` for any run at all; every other character for itself.
 * The whole text must match. Takes time in proportion to the text's length times the pattern's, whatever they are.
 */
export function glob(pattern: string): Pattern {
  if (!pattern.includes("*")) return (text) => text === pattern;
  if (/^\*\*+$/.test(pattern)) return () => true;
  const head = pattern.slice(0, pattern.indexOf("*"));
  const rest = pattern.slice(head.length);
  if (rest === "**") return (text) => text.startsWith(head);
  if (rest === "*") return (text) => text.startsWith(head) && !text.includes("/", head.length);
  const pieces = pattern.match(/\*\*+|\*|[^*]/gsu) ?? [];
  return (text) => text.startsWith(head) && simulate(pieces, text);
}

/** The same, for names that are compared without case. */
export function caselessGlob(pattern: string): Pattern {
  const lower = glob(pattern.toLowerCase());
  return (text) => lower(text.toLowerCase());
}

/** Whether any of several patterns matches. */
export function anyOf(patterns: readonly Pattern[]): Pattern {
  const [only, ...others] = patterns;
  if (only !== undefined && others.length === 0) return only;
  return (text) => patterns.some((pattern) => pattern(text));
}

/** Walks the text once, keeping every place in the pattern that could have been reached. */
function simulate(pieces: readonly string[], text: string): boolean {
  let reached = spread(pieces, new Set([0]));
  for (const character of text) {
    reached = spread(pieces, step(pieces, reached, character));
    if (reached.size === 0) return false;
  }
  return reached.has(pieces.length);
}

function step(
  pieces: readonly string[],
  places: ReadonlySet<number>,
  character: string,
): Set<number> {
  const next = new Set<number>();
  for (const place of places) {
    const piece = pieces[place] ?? "";
    if (piece.startsWith("**") || (piece === "*" && character !== "/")) next.add(place);
    else if (piece === character) next.add(place + 1);
  }
  return next;
}

/** A star may also stand for nothing. */
function spread(pieces: readonly string[], places: Set<number>): Set<number> {
  for (const place of places) if (pieces[place]?.startsWith("*")) places.add(place + 1);
  return places;
}
