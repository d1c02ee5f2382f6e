import type { Part } from "../../core/said.ts";
import type { Heed } from "./reader.ts";

const backtick = 0x60;
const space = 0x20;

interface Fence {
  readonly mark: number;
  /** How many marks it is made of. */
  readonly width: number;
  readonly info: string;
}

/**
 * Cuts Markdown into text and fenced code (CommonMark 0.31 section 4.5), or gives the code alone; a fence that nobody
 * closes runs to the end.
 */
export function cutFences(markdown: string, heed: Heed = "all"): readonly Part[] {
  const parts: Part[] = [];
  let fence: Fence | undefined;
  let from = 0;
  const marks = new Marks(markdown);
  for (let mark = marks.from(0), end = 0; mark >= 0; mark = marks.from(end)) {
    const at = markdown.lastIndexOf("\n", mark) + 1;
    end = markdown.indexOf("\n", mark);
    if (end < 0) end = markdown.length;
    if (!isBlank(markdown, at, mark)) continue;
    const opened = fence ? undefined : fenceAt(markdown, at, mark, end);
    if (!opened && !(fence && closes(fence, markdown, at, mark, end))) continue;
    finish(parts, fence, markdown.slice(from, Math.max(from, at - 1)), heed);
    fence = opened;
    from = end + 1;
  }
  finish(parts, fence, markdown.slice(from), heed);
  return parts;
}

function finish(parts: Part[], fence: Fence | undefined, text: string, heed: Heed): void {
  if (fence) parts.push({ kind: "code", text, info: fence.info });
  else if (heed === "all" && !isBlank(text, 0, text.length)) parts.push({ kind: "text", text });
}

/** Where three marks of a fence stand in a row. */
class Marks {
  readonly #text: string;
  /** The next of either kind; -1 where there are no more. */
  #backticks = -2;
  #tildes = -2;

  constructor(text: string) {
    this.#text = text;
  }

  /** The first from there on; -1 where there is none. */
  from(at: number): number {
    if (this.#backticks !== -1 && this.#backticks < at)
      this.#backticks = this.#text.indexOf("```", at);
    if (this.#tildes !== -1 && this.#tildes < at) this.#tildes = this.#text.indexOf("~~~", at);
    if (this.#backticks < 0 || this.#tildes < 0) return Math.max(this.#backticks, this.#tildes);
    return Math.min(this.#backticks, this.#tildes);
  }
}

/** Whether there is nothing but white space, as `trim` has it. */
function isBlank(text: string, from: number, end: number): boolean {
  let at = from;
  while (at < end && isSpace(text.charCodeAt(at))) at++;
  return at >= end;
}

function isSpace(unit: number): boolean {
  if (unit > 0x7f) return /\s/.test(String.fromCharCode(unit));
  return unit === space || (unit >= 9 && unit <= 13);
}

/** How many of the mark stand there in a row. */
function widthAt(text: string, at: number, end: number): number {
  let to = at;
  while (to < end && text.charCodeAt(to) === text.charCodeAt(at)) to++;
  return to - at;
}

/** The fence that begins on a line: three marks or more, and up to three spaces before them. */
function fenceAt(text: string, from: number, at: number, end: number): Fence | undefined {
  const width = widthAt(text, at, end);
  if (width < 3 || at - from > 3 || !isIndent(text, from, at)) return undefined;
  const mark = text.charCodeAt(at);
  const info = text.slice(at + width, end).trim();
  // A backtick fence has no backticks behind it: that would be code within a line.
  return mark === backtick && info.includes("`") ? undefined : { mark, width, info };
}

/** Whether nothing but spaces stands there. */
function isIndent(text: string, from: number, at: number): boolean {
  for (let before = from; before < at; before++)
    if (text.charCodeAt(before) !== space) return false;
  return true;
}

/** Whether a line has nothing on it but marks of the fence, no fewer than it has. */
function closes(fence: Fence, text: string, from: number, at: number, end: number): boolean {
  const width = widthAt(text, at, end);
  if (text.charCodeAt(at) !== fence.mark || width < fence.width) return false;
  return isBlank(text, at + width, end) && !(at - from > 3 && isIndent(text, from, from + 4));
}
