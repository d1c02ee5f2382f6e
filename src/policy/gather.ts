import { check, valueAt } from "../yaml/check.ts";
import type { Path } from "../yaml/document.ts";
import { didYouMean } from "../yaml/nearest.ts";
import type { Problem } from "../yaml/problem.ts";
import { type Binding, bindRule } from "./bind.ts";
import { type Contents, readContents, type Source } from "./contents.ts";
import type { Mode } from "./effect.ts";
import { bindOrders } from "./orders.ts";
import type { BoundRule } from "./rule.ts";
import { include, rule as ruleSchema } from "./schema.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { gatherWords } from "./words.ts";

/** The presets that can be included, by name. */
export type Presets = ReadonlyMap<string, Source>;

export interface Gathered {
  readonly rules: readonly BoundRule[];
  /** The presets that were included. */
  readonly included: readonly Contents[];
}

/** Binds the rules of all files in order, included presets at the place where they are included. */
export function gatherRules(
  files: readonly Contents[],
  presets: Presets,
  vocabulary: Vocabulary,
  mode: Mode,
  tell: (problem: Problem) => void,
): Gathered {
  const words = gatherWords(files, tell);
  const included: Contents[] = [];
  const rules: BoundRule[] = [];
  const ids = new Set<string>();
  const add = (binding: Binding, path: Path, prefix: string) => {
    const rule = ruleAt(binding, path, prefix);
    if (rule === undefined) return;
    if (ids.has(rule.id))
      tell(binding.document.problem([...path, "id"], "another rule has this id"));
    ids.add(rule.id);
    rules.push(rule);
  };
  for (const file of files) {
    const binding: Binding = { document: file.document, vocabulary, words, mode, tell };
    for (const [index, entry] of file.rules.entries()) {
      const path = ["rules", index];
      if (!isInclude(entry)) {
        add(binding, path, "");
        continue;
      }
      const preset = presetAt(binding, path, presets);
      if (preset === undefined) continue;
      const own = { ...preset.contents, lists: defaults(preset.contents.lists, words.lists) };
      included.push(preset.contents);
      const inside: Binding = {
        ...binding,
        document: own.document,
        words: gatherWords([own], tell),
      };
      for (const place of own.rules.keys()) add(inside, ["rules", place], `${preset.name}/`);
    }
  }
  return { rules, included };
}

function isInclude(entry: unknown): boolean {
  return typeof entry === "object" && entry !== null && Object.hasOwn(entry, "include");
}

/** A preset's lists are what holds unless the policy has lists of these names. */
function defaults(
  lists: Contents["lists"],
  own: ReadonlyMap<string, readonly string[]>,
): Contents["lists"] {
  return Object.fromEntries(
    Object.entries(lists).map(([name, items]) => [name, [...(own.get(name) ?? items)]]),
  );
}

function ruleAt(binding: Binding, path: Path, prefix: string): BoundRule | undefined {
  const { document, vocabulary } = binding;
  const rule = check(document, ruleSchema, path);
  if (rule.ok) return bindRule(binding, path, rule.value, prefix);
  rule.error.forEach(binding.tell);
  const then = [...path, "then"];
  const written = valueAt(document.value, then);
  if (Array.isArray(written) && written.length > 0) {
    const orders = bindOrders(document, then, vocabulary.actions);
    if (!orders.ok) orders.error.forEach(binding.tell);
  }
  return undefined;
}

function presetAt(
  binding: Binding,
  path: Path,
  presets: Presets,
): { readonly name: string; readonly contents: Contents } | undefined {
  const { document, tell } = binding;
  const entry = check(document, include, path);
  if (!entry.ok) {
    entry.error.forEach(tell);
    return undefined;
  }
  const name = entry.value.include.slice("preset:".length);
  const source = presets.get(name);
  if (source === undefined) {
    const message = `there is no preset "${name}"${didYouMean(name, presets.keys())}`;
    tell(document.problem([...path, "include"], message));
    return undefined;
  }
  const contents = readContents(source, tell);
  return contents === undefined ? undefined : { name, contents };
}
