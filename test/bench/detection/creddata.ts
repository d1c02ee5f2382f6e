import { execFileSync } from "node:child_process";
import { hash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { withMadeUpValues } from "./creddata-values.ts";

/** What CredData (https://github.com/Samsung/CredData) says of some lines of a file. */
export interface Label {
  readonly truth: "T" | "F" | "X";
  /** From 1, inclusive. */
  readonly from: number;
  readonly to: number;
  /** Where the value is in its line, in characters from 0; -1 where that is not said. */
  readonly start: number;
  readonly end: number;
  readonly categories: readonly string[];
}

export interface LabelledFile {
  readonly repository: string;
  /** The number by which CredData knows the repository. */
  readonly id: number;
  readonly path: string;
  readonly text: Buffer;
  readonly labels: readonly Label[];
}

/**
 * The labelled files of the repositories that are at hand and have an even number, at the commits that were labelled. The
 * folder holds git directories (or clones) named `owner+name`, Samsung+CredData among them. CredData is published with
 * made-up values in place of the true ones; otherwise the values are what the repositories hold.
 */
export function* labelledFiles(folder: string, asPublished: boolean): Generator<LabelledFile> {
  const metadata = gitDir(folder, "Samsung/CredData");
  if (metadata === undefined) throw new Error(`${folder} holds no Samsung+CredData`);
  const snapshot = JSON.parse(git(metadata, ["show", "HEAD:snapshot.json"]).toString()) as Readonly<
    Record<string, string>
  >;
  for (const [key, url] of Object.entries(snapshot)) {
    const id = crc32(Buffer.from(key, "hex"));
    const repository = url.replace("https://github.com/", "");
    const dir = id % 2 === 0 ? gitDir(folder, repository) : undefined;
    const commit = key.slice(0, 40);
    if (dir === undefined || !contents(dir, `${commit}^{tree}`)) continue;
    const name = id.toString(16).padStart(8, "0");
    const rows = readRows(git(metadata, ["show", `HEAD:meta/${name}.csv`]).toString());
    yield* filesOf(dir, commit, rows, { repository, id }, asPublished);
  }
}

function gitDir(folder: string, repository: string): string | undefined {
  const base = join(folder, repository.replace("/", "+"));
  return [join(base, "repo", ".git"), join(base, "repo"), join(base, ".git"), base].find((dir) =>
    existsSync(join(dir, "HEAD")),
  );
}

function git(dir: string, args: readonly string[]): Buffer {
  return execFileSync("git", ["--git-dir", dir, ...args], {
    maxBuffer: 1 << 30,
    stdio: ["ignore", "pipe", "ignore"],
  });
}

/** What git shows of an object; nothing where a snapshot lacks it, as it may very large files. */
function contents(dir: string, object: string): Buffer | undefined {
  try {
    return git(dir, ["show", object]);
  } catch {
    return undefined;
  }
}

type Rows = ReadonlyMap<string, readonly Label[]>;

/** Labels by the file's id. No cell holds a comma. */
function readRows(csv: string): Rows {
  const [head = "", ...lines] = csv.trim().split(/\r?\n/);
  const names = head.split(",");
  const rows = lines.map((line) => {
    const cells = line.split(",");
    const cell = (name: string) => cells[names.indexOf(name)] ?? "";
    const label: Label = {
      truth: cell("GroundTruth") as Label["truth"],
      from: Number(cell("LineStart")),
      to: Number(cell("LineEnd")),
      start: Number(cell("ValueStart") || -1),
      end: Number(cell("ValueEnd") || -1),
      categories: cell("Category").split(":"),
    };
    return { file: cell("FileID"), label };
  });
  const byFile = Map.groupBy(rows, ({ file }) => file);
  return new Map([...byFile].map(([file, of]) => [file, of.map(({ label }) => label)]));
}

/** CredData names a file by the first digits of its path's SHA-256. */
function* filesOf(
  dir: string,
  commit: string,
  rows: Rows,
  of: Pick<LabelledFile, "repository" | "id">,
  asPublished: boolean,
): Generator<LabelledFile> {
  const paths = git(dir, ["ls-tree", "-rz", "--name-only", commit]).toString().split("\0");
  for (const path of paths) {
    const labels = path === "" ? undefined : rows.get(fileId(path));
    if (labels === undefined) continue;
    const text = contents(dir, `${commit}:${path}`);
    if (text)
      yield { ...of, path, labels, text: asPublished ? withMadeUpValues(text, labels) : text };
  }
}

function fileId(path: string): string {
  return hash("sha256", path).slice(0, 8);
}
