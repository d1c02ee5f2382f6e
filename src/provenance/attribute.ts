import type { AttributedFile, AttributedLines, Rung } from "./answer.ts";
import { type CommitChange, type FileChange, knownBefore, readChange } from "./change.ts";
import { allFiles, changedFiles, type View } from "./changed-files.ts";
import { compare, type Known, type Likeness, leastLines } from "./match.ts";
import { shortlist } from "./shortlist.ts";
import { blobOf, type Origin, originOf, type Suggestion } from "./suggestion.ts";
import type { Veil } from "./veil.ts";
import { found as order, verdict } from "./verdict.ts";

/** What the lines of a commit came from. */
export interface Attribution {
  readonly evidence: Rung;
  readonly why: string;
  readonly added: number;
  readonly files: readonly AttributedFile[];
  readonly compared: number;
  readonly base: "whole" | "part" | "unknown";
  readonly message: string;
}

interface Match {
  readonly suggestion: Origin;
  readonly evidence: AttributedLines["evidence"];
  readonly channel: AttributedLines["channel"];
  readonly containment: number;
  /** By file, the lines that it explains. */
  readonly lines: ReadonlyMap<number, ReadonlySet<number>>;
}

/**
 * Compares what a commit adds with packed suggestions. `session`: whose commit it is, since what its own run was given
 * counts for more. Undefined where the commit cannot be read.
 */
export async function attribute(
  view: View,
  id: string,
  packed: readonly Buffer[],
  session: string,
  veil: Veil,
): Promise<Attribution | undefined> {
  const commit = await view.commit(id);
  if (commit === undefined) return undefined;
  const { message, parents } = commit;
  const [parent, ...others] = parents;
  const before = parent === undefined ? undefined : (await view.commit(parent))?.tree;
  const about = { message, compared: packed.length };
  if (others.length > 0) return { ...about, ...merged };
  if (parent !== undefined && before === undefined) return { ...about, ...parentless };
  const change = await readChange(view, await changedFiles(view, before, commit.tree));
  const likely = shortlist(packed, change.index, veil);
  const had = before === undefined ? [] : await allFiles(view, before);
  const wanted = new Set(likely.flatMap(({ hashes }) => [...hashes.exact, ...hashes.abstract]));
  const { known, whole } = await knownBefore(view, had, wanted);
  return {
    message,
    ...judge(change, { packed, likely }, session, known),
    base: whole ? "whole" : "part",
  };
}

/** The suggestions that a change is held against, and those of them that may be in it. */
export interface Given {
  readonly packed: readonly Buffer[];
  readonly likely: readonly Suggestion[];
}

/** What a change came from, `known` being what the repository had before. */
export function judge(
  change: CommitChange,
  { packed, likely }: Given,
  session: string,
  known: Known,
): Omit<Attribution, "base" | "message"> {
  const matches: Match[] = [...wholeFiles(packed, change, session)];
  let repeated = 0;
  for (const suggestion of likely) {
    if (suggestion.lines < leastLines) continue;
    const likeness = compare(suggestion, change.index, known);
    if (likeness.kind === "unattributable") repeated++;
    const found = matchOf(suggestion, likeness, change);
    if (found !== undefined) matches.push(found);
  }
  const files = change.files.map((file, number) => attributed(file, number, matches, session));
  const added = change.files.reduce((sum, file) => sum + file.added.size, 0);
  return {
    compared: packed.length,
    added,
    files,
    ...verdict(files, packed, session, change, repeated),
  };
}

const unread = { added: 0, files: [] } as const;
/** What is said of a merge. */
export const merged = {
  ...unread,
  evidence: "none",
  why: "It merges other commits: what it brings is told of those.",
  base: "unknown",
} as const;
const parentless = {
  ...unread,
  evidence: "unattributable",
  why: "What the repository had before it could not be read.",
  base: "unknown",
} as const;

/** Files that are, byte for byte, what a tool call wrote. */
function wholeFiles(
  packed: readonly Buffer[],
  { files }: CommitChange,
  session: string,
): readonly Match[] {
  const byBlob = new Map(files.map((file, number) => [file.blob, { file, number }]));
  const found: Match[] = [];
  for (const one of packed) {
    const same = byBlob.get(blobOf(one) ?? "");
    if (same === undefined) continue;
    const origin = originOf(one);
    if (origin.lines < leastLines) continue;
    const evidence = origin.session === session ? "exact" : "strong";
    const lines = new Map([[same.number, same.file.added]]);
    found.push({ suggestion: origin, evidence, channel: "blob", containment: 1, lines });
  }
  return found;
}

/** Between two lines that came from a suggestion so many others may stand that say too little for themselves. */
const gap = 3;

function matchOf(
  { hashes: _, ...suggestion }: Suggestion,
  likeness: Likeness,
  { files }: CommitChange,
): Match | undefined {
  if (likeness.kind !== "strong" && likeness.kind !== "partial") return undefined;
  const lines = new Map<number, Set<number>>();
  for (const { file, from, to } of likeness.places) {
    const known = lines.get(file) ?? new Set<number>();
    lines.set(file, known);
    for (let line = from; line <= to; line++) if (files[file]?.added.has(line)) known.add(line);
  }
  for (const [file, known] of lines) bridge(known, files[file]);
  const { kind: evidence, channel, containment } = likeness;
  return { suggestion, evidence, channel, containment, lines };
}

function bridge(known: Set<number>, file: FileChange | undefined): void {
  const sorted = [...known].sort((a, b) => a - b);
  sorted.forEach((line, at) => {
    const next = sorted[at + 1] ?? line;
    if (next - line > gap + 1) return;
    for (let between = line + 1; between < next; between++)
      if (file?.added.has(between)) known.add(between);
  });
}

/** Gives each line to the best of those that explain it. */
function attributed(
  { path, added }: FileChange,
  number: number,
  matches: readonly Match[],
  session: string,
): AttributedFile {
  const here = matches
    .filter(({ lines }) => lines.has(number))
    .toSorted(
      (a, b) =>
        order.indexOf(a.evidence) - order.indexOf(b.evidence) ||
        b.containment - a.containment ||
        closeness(b, path, session) - closeness(a, path, session) ||
        b.suggestion.at - a.suggestion.at,
    );
  const lines: AttributedLines[] = [];
  for (const line of [...added].sort((a, b) => a - b)) {
    const best = here.find((match) => match.lines.get(number)?.has(line));
    const last = lines.at(-1);
    if (best === undefined) continue;
    const goes = last?.to === line - 1 && isSame(last.suggestion, best.suggestion);
    if (goes) lines.splice(-1, 1, { ...last, to: line });
    else lines.push(linesFrom(best, line));
  }
  return { path, added: added.size, lines };
}

function isSame(a: AttributedLines["suggestion"], b: Origin): boolean {
  return a.record === b.record && a.index === b.index;
}

function closeness({ suggestion }: Match, path: string, session: string): number {
  const name = path.split("/").at(-1) ?? path;
  const meant = suggestion.path?.endsWith(name) ? 1 : 0;
  return (suggestion.session === session ? 2 : 0) + meant + (suggestion.model ? 0.5 : 0);
}

function linesFrom(
  { suggestion, evidence, channel, containment }: Match,
  line: number,
): AttributedLines {
  const { path: _path, lines: _lines, blob: _blob, ...ref } = suggestion;
  const rounded = Math.round(containment * 100) / 100;
  return { from: line, to: line, evidence, channel, containment: rounded, suggestion: ref };
}
