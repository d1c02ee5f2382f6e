import type { Environment } from "@marcbachmann/cel-js";
import type { YamlDocument } from "../yaml/document.ts";
import { didYouMean } from "../yaml/nearest.ts";
import type { Problem } from "../yaml/problem.ts";
import { compile, type Expression } from "./expression/compile.ts";
import { environment, variables } from "./expression/environment.ts";

/** The lists and macros that rules may name. */
export interface Words {
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly macros: ReadonlyMap<string, Expression>;
  readonly environment: Environment;
}

/** One file's part of them, as written. */
export interface Definitions {
  readonly document: YamlDocument;
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly macros: Readonly<Record<string, string>>;
}

/** Gathers the lists and macros of several files; a name that is given twice is told, and so is every bad macro. */
export function gatherWords(
  definitions: readonly Definitions[],
  tell: (problem: Problem) => void,
): Words {
  const lists = new Map<string, readonly string[]>();
  const macros = new Map<string, Expression>();
  const names = new Set(definitions.flatMap((one) => Object.keys(one.macros)));
  for (const variable of variables) names.delete(variable);
  for (const definition of definitions) {
    addLists(lists, definition, tell);
    addMacros(macros, definition, names, tell);
  }
  return { lists, macros, environment: environment(names) };
}

function addLists(
  lists: Map<string, readonly string[]>,
  { document, lists: own }: Definitions,
  tell: (problem: Problem) => void,
): void {
  for (const [name, items] of Object.entries(own)) {
    const path = ["lists", name];
    if (lists.has(name)) tell(document.problemWithKey(path, "another file has this list"));
    for (const [index, item] of items.entries())
      if (item.startsWith("@"))
        tell(document.problem([...path, index], "a list cannot hold another list"));
    lists.set(name, items);
  }
}

const withoutMacros = environment([]);

function addMacros(
  macros: Map<string, Expression>,
  { document, macros: own }: Definitions,
  names: ReadonlySet<string>,
  tell: (problem: Problem) => void,
): void {
  for (const [name, text] of Object.entries(own)) {
    const path = ["macros", name];
    if (macros.has(name)) tell(document.problemWithKey(path, "another file has this macro"));
    if (variables.includes(name)) tell(document.problemWithKey(path, "this name is taken"));
    const compiled = compile(withoutMacros, text);
    if (compiled.ok) macros.set(name, compiled.value);
    else
      for (const { start, message } of compiled.error)
        tell(
          document.problem(path, `at character ${start + 1}: ${message}${hint(message, names)}`),
        );
  }
}

/** A macro that names another is the one mistake that needs a word. */
function hint(message: string, names: ReadonlySet<string>): string {
  const unknown = /Unknown variable: (\w+)/.exec(message)?.[1];
  if (unknown === undefined) return "";
  if (names.has(unknown)) return " (a macro cannot use another)";
  return didYouMean(unknown, variables);
}
