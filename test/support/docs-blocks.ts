import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A fenced block of a page for people. */
export interface Block {
  readonly page: string;
  /** The line on which its text begins, from 1. */
  readonly line: number;
  /** As the fence names it: `sh`, `yaml`; nothing where it names none. */
  readonly language: string;
  /** Without the indentation of the fence. */
  readonly text: string;
  readonly mark?: Mark;
}

/** What the comment before a block says of it: why nobody can run it here, who else does, what to wait for. */
export type Mark =
  | { readonly kind: "needs"; readonly what: string }
  | { readonly kind: "run by"; readonly what: string }
  | { readonly kind: "until"; readonly what: string }
  /** The same, where the block takes ports that a page names: it needs a network of its own. */
  | { readonly kind: "alone, until"; readonly what: string };

/** What a block may need that cannot be had where the tests run. There is no other excuse. */
export const lacking: readonly string[] = [
  "a Docker engine",
  "a Kubernetes cluster",
  "two people at machines of their own",
  "the whole test suite, which runs this",
];

const root = join(import.meta.dirname, "..", "..");

/** Every page for people, by its path from the root. */
export const pages: readonly string[] = globSync(["*.md", "docs/**/*.md", "deploy/**/*.md"], {
  cwd: root,
}).sort();

const opening = /^(?:<!-- (needs|run by|until|alone, until): (.+) -->\n\n?)?( *)```(.*)\n/gm;

/** The blocks of a page, in their order. */
export function blocksOf(page: string): readonly Block[] {
  return readBlocks(page, readFileSync(join(root, page), "utf8"));
}

/** The blocks of a page's text; a fence that nothing closes is an error. */
export function readBlocks(page: string, whole: string): readonly Block[] {
  const blocks: Block[] = [];
  const open = new RegExp(opening);
  for (let found = open.exec(whole); found !== null; found = open.exec(whole)) {
    const [start, kind, what = "", indent = "", language = ""] = found;
    const from = found.index + start.length;
    const to = whole.indexOf(`${indent}\`\`\`\n`, from);
    if (to < 0) throw new Error(`${page}: a fence is not closed`);
    const text = whole.slice(from, to).replaceAll(new RegExp(`^${indent}`, "gm"), "");
    const line = whole.slice(0, from).split("\n").length;
    const mark = kind === undefined ? {} : { mark: { kind, what } as Mark };
    blocks.push({ page, line, language, text, ...mark });
    open.lastIndex = to + indent.length + 4;
  }
  return blocks;
}
