import type { Repository } from "./corpora.ts";
import { pick, pieces, type Random } from "./edits.ts";

/** A repository split by file: what was there before, and what nobody but the test has seen. */
export interface Split {
  readonly repository: Repository;
  readonly base: readonly string[];
  readonly fresh: readonly { readonly path: string; readonly text: string }[];
}

/** At most so much of one repository, in characters. */
const most = 3_000_000;

export function split(repository: Repository, next: Random): Split {
  const files = [...repository.files];
  for (let at = files.length - 1; at > 0; at--) {
    const other = Math.floor(next() * (at + 1));
    [files[at], files[other]] = [files[other] as (typeof files)[0], files[at] as (typeof files)[0]];
  }
  let size = 0;
  const taken = files.filter(({ text }) => {
    size += text.length;
    return size <= most;
  });
  const half = Math.ceil(taken.length / 2);
  return {
    repository,
    base: taken.slice(0, half).map(({ text }) => text),
    fresh: taken.slice(half),
  };
}

export const sizes = [
  [6, 10],
  [11, 25],
  [26, 80],
] as const;

interface Lines {
  readonly lines: readonly string[];
  /** Says of each line whether it begins outside of every comment and string, so that a block may begin there. */
  readonly outside: readonly boolean[];
  /** Says of each line whether it has code on it. */
  readonly code: readonly boolean[];
}

const read = new Map<string, Lines>();

function linesOf(text: string, language: string): Lines {
  const known = read.get(text);
  if (known) return known;
  const lines = text.split("\n");
  const outside = lines.map(() => true);
  const code = lines.map(() => false);
  let line = 0;
  for (const [piece] of text.matchAll(pieces(language))) {
    const quiet =
      /^(\s|\/\/|\/\*|"""|'''|#)/.test(piece) && !(piece === "#" && language !== "Python");
    if (!quiet) code[line] = true;
    for (const char of piece) {
      if (char !== "\n") continue;
      line++;
      outside[line] = piece === "\n";
    }
  }
  const found = { lines, outside, code };
  read.set(text, found);
  return found;
}

/** A block of a file, as a model would write it: from a line after a blank one, with so many lines of code in it. */
export function block(
  text: string,
  language: string,
  [least, most]: readonly [number, number],
  next: Random,
): string | undefined {
  const { lines, outside, code } = linesOf(text, language);
  const starts = lines.flatMap((_, at) =>
    code[at] && outside[at] && (at === 0 || lines[at - 1]?.trim() === "") ? [at] : [],
  );
  for (let attempt = 0; attempt < 10 && starts.length > 0; attempt++) {
    const start = pick(starts, next);
    const wanted = least + Math.floor(next() * (most - least + 1));
    let end = start;
    let count = 0;
    for (; end < lines.length && (count < wanted || !outside[end]); end++) if (code[end]) count++;
    if (count >= least && count <= most) return lines.slice(start, end).join("\n");
  }
  return undefined;
}

/** Blocks of people's code from these files, of so many lines together or a little more. */
export function filler(
  texts: readonly string[],
  language: string,
  lines: number,
  next: Random,
): readonly string[] {
  const blocks: string[] = [];
  let count = 0;
  for (let attempt = 0; attempt < 60 && count < lines; attempt++) {
    const found = block(pick(texts, next), language, [6, 40], next);
    if (found === undefined) continue;
    blocks.push(found);
    count += found.split("\n").length + 1;
  }
  return blocks;
}
