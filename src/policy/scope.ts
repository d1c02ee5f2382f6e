import type { Path } from "../yaml/document.ts";
import { didYouMean } from "../yaml/nearest.ts";
import type { Reading } from "./condition.ts";
import { anyOf, glob, type Pattern } from "./pattern.ts";
import type { Patterns } from "./schema.ts";

/** What a rule's conditions are bound in. */
export interface Scope {
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly reading: Reading;
  /** Notes a mistake at that place, so that all of them are told at once. */
  tell(path: Path, message: string): void;
}

/** The texts that patterns stand for, lists opened; an unknown list is told. */
export function spell(scope: Scope, path: Path, patterns: Patterns): readonly string[] {
  const written = typeof patterns === "string" ? [patterns] : patterns;
  return written.flatMap((text, index) => {
    if (!text.startsWith("@")) return [text];
    const list = scope.lists.get(text.slice(1));
    if (list !== undefined) return list;
    const place = typeof patterns === "string" ? path : [...path, index];
    scope.tell(
      place,
      `there is no list of this name${didYouMean(text.slice(1), scope.lists.keys())}`,
    );
    return [];
  });
}

/** Binds patterns to one test; `as` says how each is compared. */
export function bindPatterns(
  scope: Scope,
  path: Path,
  patterns: Patterns,
  as: (pattern: string) => Pattern = glob,
): Pattern {
  return anyOf(spell(scope, path, patterns).map(as));
}
