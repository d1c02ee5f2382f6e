import { z } from "zod";
import type { CommitChange, FileChange } from "./change.ts";
import { ChangeIndex, type Place } from "./change-index.ts";
import { trailersIn } from "./claims.ts";
import { type Channel, channels, type Fingerprints } from "./fingerprints.ts";
import type { Known } from "./match.ts";

const id = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
const mostFiles = 500;
/** Lines of one file, and of all files of a commit. */
const mostLines = 1024 * 1024;
const mostInAll = 2 * mostLines;
const ranges = z
  .array(z.tuple([z.int().min(1), z.int().max(mostLines)]))
  .refine((all) => all.every(([from, to]) => from <= to), "a range ends before it begins");

/** What a job tells of one commit: paths, ids, line numbers, and the few fingerprints of what it adds. No source. */
export const attestedCommit = z
  .strictObject({
    version: z.literal(1),
    commit: id,
    merge: z.boolean(),
    /** The lines of its message that claim assistance. */
    trailers: z.string().max(16 * 1024),
    files: z
      .array(
        z.strictObject({
          path: z.string().min(1).max(4096),
          blob: id,
          added: ranges,
          code: ranges,
          exact: z.base64(),
          abstract: z.base64(),
        }),
      )
      .max(mostFiles),
  })
  .refine(
    ({ files }) => files.reduce((sum, file) => sum + count(file.added), 0) <= mostInAll,
    "it adds too many lines",
  );
export type AttestedCommit = z.infer<typeof attestedCommit>;

function count(all: readonly (readonly [number, number])[]): number {
  return all.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

interface Described {
  readonly commit: string;
  readonly message: string;
  readonly merge: boolean;
}

/** Writes down a change whose index holds the few fingerprints of each file; `known`: those that the tree before had. */
export function attestation(
  { commit, message, merge }: Described,
  { files, index }: CommitChange,
  known: Known,
): AttestedCommit {
  const prints = { exact: byFile(index.exact, known), abstract: byFile(index.abstract, known) };
  const told = files.map(({ path, blob, added, code }, number) => ({
    path,
    blob,
    added: rangesOf(added),
    code: rangesOf(code),
    exact: Buffer.concat(prints.exact.get(number) ?? []).toString("base64"),
    abstract: Buffer.concat(prints.abstract.get(number) ?? []).toString("base64"),
  }));
  return { version: 1, commit, merge, trailers: trailersIn(message).join("\n"), files: told };
}

/** A fingerprint, the line it begins on, how many lines on it ends, and whether the tree before the commit had it. */
const width = 12;
const longest = 1000;

/** In the order of the hashes: that of the text would tell more than has to be told. */
function byFile(index: ChangeIndex, known: Known): ReadonlyMap<number, readonly Buffer[]> {
  const found = new Map<number, Buffer[]>();
  for (const hash of [...index.hashes].sort((a, b) => a - b))
    for (const place of index.places(hash)) {
      const entries = found.get(place.file) ?? [];
      entries.push(entry(hash, place, known.has(hash)));
      found.set(place.file, entries);
    }
  return found;
}

function entry(hash: number, { from, to }: Place, known: boolean): Buffer {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntLE(hash, 0, 6);
  bytes.writeUInt32LE(from, 6);
  bytes.writeUInt16LE(Math.min(to - from, longest) * 2 + (known ? 1 : 0), 10);
  return bytes;
}

function rangesOf(lines: ReadonlySet<number>): [number, number][] {
  const found: [number, number][] = [];
  for (const line of [...lines].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last?.[1] === line - 1) last[1] = line;
    else found.push([line, line]);
  }
  return found;
}

/** What was written down, ready to be compared as if it had been read. */
export function changeIn({ files }: AttestedCommit): {
  readonly change: CommitChange;
  readonly known: Known;
} {
  const index = { exact: new ChangeIndex("exact"), abstract: new ChangeIndex("abstract") };
  const known = new Set<number>();
  files.forEach((file, number) => {
    for (const channel of channels)
      index[channel].add(number, printsIn(file[channel], known), () => true);
  });
  const changes: FileChange[] = files.map(({ path, blob, added, code }) => ({
    path,
    blob,
    added: linesIn(added),
    code: linesIn(code),
  }));
  return { change: { files: changes, index }, known };
}

function linesIn(all: readonly (readonly [number, number])[]): ReadonlySet<number> {
  const lines = new Set<number>();
  for (const [from, to] of all) for (let line = from; line <= to; line++) lines.add(line);
  return lines;
}

function printsIn(
  text: AttestedCommit["files"][number][Channel],
  known: Set<number>,
): Fingerprints {
  const bytes = Buffer.from(text, "base64");
  const entries = Math.floor(bytes.length / width);
  const hashes = new Float64Array(entries);
  const from = new Uint32Array(entries);
  const to = new Uint32Array(entries);
  for (let at = 0; at < entries; at++) {
    const place = at * width;
    const more = bytes.readUInt16LE(place + 10);
    hashes[at] = bytes.readUIntLE(place, 6);
    from[at] = bytes.readUInt32LE(place + 6);
    to[at] = (from[at] ?? 0) + Math.min(more >> 1, longest);
    if (more % 2 === 1) known.add(hashes[at] ?? 0);
  }
  return { hashes, from, to };
}
