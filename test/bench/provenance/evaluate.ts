import { ChangeIndex } from "../../../src/provenance/change-index.ts";
import {
  type Channel,
  channels,
  fingerprints,
  tokensOf,
  winnowed,
} from "../../../src/provenance/fingerprints.ts";
import { HashSet } from "../../../src/provenance/hash-set.ts";
import { type Language, languageOf } from "../../../src/provenance/language.ts";
import { type Change, compare, type Likeness, type Prints } from "../../../src/provenance/match.ts";
import { edit, pick, type Random, reformat, rename } from "./edits.ts";
import { block, filler, type Split, sizes } from "./sample.ts";

const endings: Readonly<Record<string, string>> = {
  TypeScript: "a.ts",
  JavaScript: "a.js",
  Python: "a.py",
  Go: "a.go",
  Java: "a.java",
};

export const edits = ["verbatim", "reformatted", "renamed", "edited 20 %", "all together"] as const;
export type Edit = (typeof edits)[number];

function apply(
  how: Edit,
  text: string,
  language: string,
  foreign: readonly string[],
  next: Random,
): string {
  switch (how) {
    case "verbatim":
      return text;
    case "reformatted":
      return reformat(text, language, next);
    case "renamed":
      return rename(text, language, next);
    case "edited 20 %":
      return edit(text, 0.2, foreign, next);
    case "all together":
      return reformat(rename(edit(text, 0.2, foreign, next), language, next), language, next);
  }
}

/** What a runner sends of a change: the few fingerprints of it, and which of those its base tree had. */
export const attested = [
  "attested, verbatim",
  "attested, all together",
  "attested, same repository",
] as const;

export interface Case {
  readonly language: string;
  readonly repository: string;
  readonly what: Edit | "same repository" | "another repository" | (typeof attested)[number];
  readonly size: number;
  readonly found: Likeness;
}

/** What is kept of a suggestion. */
function suggested(text: string, language: Language): Prints {
  const tokens = tokensOf(text, language);
  const hashes = {
    exact: winnowed(tokens, "exact").hashes,
    abstract: winnowed(tokens, "abstract").hashes,
  };
  return { hashes, lines: new Set(tokens.lines.subarray(0, tokens.length)).size };
}

function changed(text: string, language: Language, make = fingerprints): Change {
  const tokens = tokensOf(text, language);
  const index = (channel: Channel): ChangeIndex => {
    const found = new ChangeIndex(channel);
    found.add(0, make(tokens, channel), () => true);
    return found;
  };
  return { exact: index("exact"), abstract: index("abstract") };
}

function hashesOf(texts: readonly string[], language: Language): HashSet {
  const known = new Set<number>();
  for (const text of texts) {
    const tokens = tokensOf(text, language);
    for (const channel of channels)
      for (const hash of fingerprints(tokens, channel).hashes) known.add(hash);
  }
  return new HashSet(known);
}

/** Every case of one repository: `count` suggestions of each size, each hidden in a change, and each held against others. */
export function casesOf(
  part: Split,
  others: readonly Split[],
  count: number,
  next: Random,
): Case[] {
  const { repository, base, fresh } = part;
  const language = languageOf(endings[repository.language] ?? "");
  const had = hashesOf(base, language);
  const cases: Case[] = [];
  const elsewhere = others.flatMap((other) => other.fresh.map(({ text }) => text));
  sizes.forEach((size, index) => {
    for (let number = 0; number < count; number++) {
      const file = pick(fresh, next);
      const snippet = file && block(file.text, repository.language, size, next);
      if (snippet === undefined) continue;
      const rest = fresh.filter(({ path }) => path !== file.path).map(({ text }) => text);
      if (rest.length === 0) continue;
      const suggestion = suggested(snippet, language);
      const lines = 40 + Math.floor(next() * 211);
      const add = (what: Case["what"], change: string): void => {
        const found = compare(suggestion, changed(change, language), had);
        const { language: of, name } = repository;
        const about = { language: of, repository: name, size: index };
        cases.push({ ...about, what, found });
        const sent = attested.find((one) => one === `attested, ${what}`);
        if (sent === undefined) return;
        const few = changed(change, language, winnowed);
        const there = [...few.exact.hashes, ...few.abstract.hashes].filter((hash) => had.has(hash));
        cases.push({ ...about, what: sent, found: compare(suggestion, few, new Set(there)) });
      };
      const around = filler(rest, repository.language, lines, next);
      const foreign = around.flatMap((one) => one.split("\n")).filter((line) => line.trim() !== "");
      if (foreign.length === 0) continue;
      for (const how of edits) {
        const taken = apply(how, snippet, repository.language, foreign, next);
        const at = Math.floor(next() * (around.length + 1));
        add(how, [...around.slice(0, at), taken, ...around.slice(at)].join("\n\n"));
      }
      const others = (texts: readonly string[]): string =>
        filler(texts, repository.language, lines, next).join("\n\n");
      add("same repository", others(rest));
      add("same repository", others(rest));
      add("another repository", others(elsewhere));
    }
  });
  return cases;
}
