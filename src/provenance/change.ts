import { setImmediate as nextTurn } from "node:timers/promises";
import { addedLines } from "./added-lines.ts";
import { ChangeIndex } from "./change-index.ts";
import type { ChangedFile, View } from "./changed-files.ts";
import { type Channel, channels, fingerprints, tokensOf } from "./fingerprints.ts";
import { languageOf } from "./language.ts";
import type { Change, Known } from "./match.ts";

/** A file's added lines, and those of them that have code. */
export interface FileChange {
  readonly path: string;
  readonly blob: string;
  readonly added: ReadonlySet<number>;
  readonly code: ReadonlySet<number>;
}

/** What a commit adds, ready to be compared. */
export interface CommitChange {
  readonly files: readonly FileChange[];
  readonly index: Change;
}

/** Longer files, in bytes, are not looked into: nobody wrote them by hand, nor did a model in one go. */
export const longestFile = 1024 * 1024;
const mostFiles = 500;
/** Of the tree before a commit so many bytes are looked through. */
const mostBase = 128 * 1024 * 1024;

/** Reads the lines that these files add. The whole of each is lexed, so that no line is taken out of a comment. */
export async function readChange(
  view: View,
  changed: readonly ChangedFile[],
  make: typeof fingerprints = fingerprints,
): Promise<CommitChange> {
  const index = { exact: new ChangeIndex("exact"), abstract: new ChangeIndex("abstract") };
  const files: FileChange[] = [];
  for (const { path, before, after } of changed.slice(0, mostFiles)) {
    const text = await textOf(view, after);
    if (text === undefined) continue;
    const old = before === undefined ? "" : ((await textOf(view, before)) ?? "");
    const file = fileChange(path, after, old, text);
    addTo(index, files.length, file, make);
    files.push(file.change);
    await nextTurn();
  }
  return { files, index };
}

interface Lexed {
  readonly change: FileChange;
  readonly tokens: ReturnType<typeof tokensOf>;
}

function fileChange(path: string, blob: string, old: string, text: string): Lexed {
  const tokens = tokensOf(text, languageOf(path));
  const all = addedLines(old, text);
  const last = text.split("\n").length;
  // What follows the last line break is no line.
  const added = new Set([...all].filter((line) => line < last || !text.endsWith("\n")));
  const code = new Set(
    [...tokens.lines.subarray(0, tokens.length)].filter((line) => added.has(line)),
  );
  return { change: { path, blob, added, code }, tokens };
}

function addTo(
  index: Record<Channel, ChangeIndex>,
  number: number,
  { change, tokens }: Lexed,
  make: typeof fingerprints,
): void {
  const wanted = languageOf(change.path).shaped ? channels : (["exact"] as const);
  for (const channel of wanted)
    index[channel].add(number, make(tokens, channel), (line) => change.added.has(line));
}

async function textOf(view: View, id: string): Promise<string | undefined> {
  const bytes = await view.blob(id);
  if (bytes === undefined || bytes.length > longestFile || bytes.includes(0)) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

/** Which of these fingerprints the files had already, and whether all of the files could be looked through. */
export async function knownBefore(
  view: View,
  files: readonly ChangedFile[],
  wanted: ReadonlySet<number>,
): Promise<{ readonly known: Known; readonly whole: boolean }> {
  const known = new Set<number>();
  let size = 0;
  for (const { path, after } of wanted.size === 0 ? [] : files) {
    const text = await textOf(view, after);
    if (text === undefined) continue;
    size += text.length;
    if (size > mostBase) return { known, whole: false };
    for (const hash of hashesOf(path, text)) if (wanted.has(hash)) known.add(hash);
    await nextTurn();
  }
  return { known, whole: true };
}

function* hashesOf(path: string, text: string): Generator<number> {
  const tokens = tokensOf(text, languageOf(path));
  for (const channel of channels) yield* fingerprints(tokens, channel).hashes;
}
