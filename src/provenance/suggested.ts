import { createHash } from "node:crypto";
import { Recent } from "../base/recent.ts";
import type { Said } from "../core/said.ts";
import { type Language, languageNamed, languageOf } from "./language.ts";

/** Code that a model gave, with what it said of it. */
export interface Draft {
  readonly text: string;
  readonly language: Language;
  readonly turn: number;
  readonly model?: string;
  readonly tool?: string;
  readonly path?: string;
  /** The git blob id (SHA-1) of the text, where it was given as a whole file. */
  readonly blob?: string;
}

/** Names that tools give to a file's path, to text that is to go, and to the whole text of a file. */
const pathNames =
  /^(path|file|file_?path|file_?name|target_?file|relative_?path|uri|absolute_?path)$/i;
const goingNames =
  /^(old|search|find|before|original|pattern|query|target)(_?(str|string|text|content|code))?$/i;
const wholeNames = /^(content|contents|file_?text|code)$/i;
const wholeTools = /create|write|push_files|save|new_file/i;

/** The code that one utterance of a model suggests: fenced blocks, completions, and what it tells tools to write. */
export function suggestedBy({ role, turn, model, part }: Said): readonly Draft[] {
  if (role !== "assistant") return [];
  const about = { turn, ...(model === undefined ? {} : { model }) };
  if (part.kind === "code") return [{ ...about, text: part.text, ...fences.take(part.info, told) }];
  if (part.kind !== "toolCall") return [];
  return written(part.name, part.arguments).map((one) => ({ ...about, ...one, tool: part.name }));
}

type Told = Pick<Draft, "language" | "path">;

/** Fences of late: nearly all say one of a few words. */
const fences = new Recent<Told>(256, 64);

/** What a fence says of its code. */
function told(info: string): Told {
  const [name = "", ...rest] = info.split(/[\s{]+/);
  const path = pathIn(rest);
  return path === undefined
    ? { language: languageNamed(name) }
    : { language: languageOf(path), path };
}

function pathIn(words: readonly string[]): string | undefined {
  const text = words.join(" ").replace(/["'}]/g, "");
  return /(?:^|[\s=:])([\w@.-]*\/?[\w@./-]+\.\w+)/.exec(text)?.[1];
}

type Written = Pick<Draft, "text" | "language" | "path" | "blob">;

function written(tool: string, given: string): readonly Written[] {
  let value: unknown;
  try {
    value = JSON.parse(given);
  } catch {
    return fromText(given, undefined, false);
  }
  return typeof value === "string"
    ? fromText(value, undefined, false)
    : fromValue(value, undefined, wholeTools.test(tool), 0);
}

/** Every text of some lines in a tool's arguments, with the nearest path; what is to be replaced is left out. */
function fromValue(
  value: unknown,
  path: string | undefined,
  whole: boolean,
  depth: number,
): readonly Written[] {
  if (typeof value !== "object" || value === null || depth > 6) return [];
  const members = Object.entries(value);
  const named = members.find(([name, one]) => pathNames.test(name) && typeof one === "string");
  const here = typeof named?.[1] === "string" ? named[1] : path;
  return members.flatMap(([name, one]) => {
    if (typeof one !== "string") return fromValue(one, here, whole, depth + 1);
    if (pathNames.test(name) || goingNames.test(name)) return [];
    return fromText(one, here, whole && wholeNames.test(name));
  });
}

function fromText(text: string, path: string | undefined, whole: boolean): readonly Written[] {
  if (/^\*\*\* Begin Patch/m.test(text)) return fromPatch(text);
  if (!text.trim().includes("\n")) return [];
  return [one(text, path, whole)];
}

function one(text: string, path: string | undefined, whole: boolean): Written {
  return {
    text,
    language: path === undefined ? languageNamed("") : languageOf(path),
    ...(path === undefined ? {} : { path }),
    ...(whole ? { blob: blobId(text) } : {}),
  };
}

/** The lines that a patch of `apply_patch` puts in, file by file. */
function fromPatch(patch: string): readonly Written[] {
  return patch
    .split(/^\*\*\* (?=Add File|Update File|Delete File)/m)
    .slice(1)
    .flatMap((section) => {
      const [, kind, path] = /^(Add|Update) File: (.+)$/m.exec(section) ?? [];
      const lines = section.split("\n").filter((line) => line.startsWith("+"));
      const text = lines.map((line) => `${line.slice(1)}\n`).join("");
      return lines.length === 0 ? [] : [one(text, path?.trim(), kind === "Add")];
    });
}

/** The id that git gives a file with that content (SHA-1). */
export function blobId(content: string | Uint8Array): string {
  const bytes = Buffer.from(content as string);
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
