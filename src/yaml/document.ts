import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
} from "yaml";
import { isNonEmpty, type NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Problem } from "./problem.ts";

export type Path = readonly PropertyKey[];

/** A YAML file that could be read: its value, and where each part of it stands. */
export interface YamlDocument {
  readonly file: string;
  readonly value: unknown;
  /** The problem with what stands at that path, or with the nearest part around it that exists. */
  problem(path: Path, message: string): Problem;
  /** The same, pointing at the key instead of its value. */
  problemWithKey(path: Path, message: string): Problem;
}

/**
 * Reads one YAML 1.2 document. Duplicate keys, unknown tags, several documents in one file and
 * anchors that multiply (more than 100 uses) are errors, and all of them are told.
 */
export function readDocument(file: string, text: string): Result<YamlDocument, NonEmpty<Problem>> {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const where = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems: Problem[] = [];
  const documents: readonly Document[] = Array.isArray(parsed) ? parsed : [];
  for (const document of documents)
    for (const issue of [...document.errors, ...document.warnings])
      problems.push({ ...where(issue.pos[0]), message: withoutExcerpt(issue.message) });
  const [document, second] = documents;
  if (second !== undefined)
    problems.push({ ...where(second.range?.[0] ?? 0), message: "a second document in one file" });
  if (document !== undefined)
    for (const offset of danglingAliases(document))
      problems.push({
        ...where(offset),
        message: "an alias of an anchor that is not set above it",
      });
  if (isNonEmpty(problems)) return err(problems);
  if (document === undefined) return err([{ ...where(0), message: "the file is empty" }]);
  return settle(file, document, where);
}

function danglingAliases(document: Document): readonly number[] {
  const offsets: number[] = [];
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined) offsets.push(alias.range?.[0] ?? 0);
    },
  });
  return offsets;
}

function settle(
  file: string,
  document: Document,
  where: (offset: number) => Omit<Problem, "message">,
): Result<YamlDocument, NonEmpty<Problem>> {
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const message = error instanceof Error ? error.message : "the file cannot be read";
    return err([{ ...where(0), message: withoutExcerpt(message) }]);
  }
  const tell = (path: Path, message: string, key: boolean): Problem => ({
    ...where(offsetOf(document, path, key)),
    message,
  });
  return ok({
    file,
    value,
    problem: (path, message) => tell(path, message, false),
    problemWithKey: (path, message) => tell(path, message, true),
  });
}

function offsetOf(document: Document, path: Path, key: boolean): number {
  let node = resolve(document, document.contents);
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, segment] of path.entries()) {
    const step = descend(document, node, segment);
    if (step === undefined) return offset;
    const wantsKey = key && depth === path.length - 1;
    offset = (wantsKey ? step.key : step.written) ?? step.key ?? offset;
    node = step.node;
  }
  return offset;
}

interface Step {
  readonly node: Node | undefined;
  /** Where the value is written: for an alias, the alias. */
  readonly written: number | undefined;
  readonly key: number | undefined;
}

function descend(
  document: Document,
  node: Node | undefined,
  segment: PropertyKey,
): Step | undefined {
  if (isMap(node)) {
    for (const pair of node.items) {
      if (!isScalar(pair.key) || String(pair.key.value) !== String(segment)) continue;
      const value = pair.value as Node | null;
      return {
        node: resolve(document, value),
        written: value?.range?.[0],
        key: pair.key.range?.[0],
      };
    }
  }
  if (isSeq(node) && typeof segment === "number") {
    const item = node.items[segment] as Node | undefined;
    if (item === undefined) return undefined;
    return { node: resolve(document, item), written: item.range?.[0], key: item.range?.[0] };
  }
  return undefined;
}

function resolve(document: Document, node: Node | null | undefined): Node | undefined {
  if (isAlias(node)) return node.resolve(document) as Node | undefined;
  return node ?? undefined;
}

/** The parser's excerpt of the source could hold a secret. */
function withoutExcerpt(message: string): string {
  return message.split("\n")[0] ?? message;
}
