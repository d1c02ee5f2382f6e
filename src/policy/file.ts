import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { isNonEmpty, type NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Problem } from "../yaml/problem.ts";
import type { Source } from "./contents.ts";
import type { Presets } from "./gather.ts";
import { parsePolicy } from "./parse.ts";
import type { Policy } from "./policy.ts";
import type { Vocabulary } from "./vocabulary.ts";

/**
 * Loads a policy from a file, or from the `.yaml` files of a folder in the order of their names (`.test.yaml` apart):
 * the policy, or every problem at once.
 */
export function loadPolicy(
  path: string,
  vocabulary: Vocabulary,
): Result<Policy, NonEmpty<Problem>> {
  const sources = readSources(path);
  return sources.ok ? parsePolicy(sources.value, presets(), vocabulary) : sources;
}

/** The files of a policy, read. */
export function readSources(path: string): Result<NonEmpty<Source>, NonEmpty<Problem>> {
  const failure = (message: string) => err([{ file: path, line: 1, column: 1, message }] as const);
  try {
    const files = statSync(path).isDirectory() ? policyFiles(path) : [path];
    const sources = files.map((file) => ({ file, text: readFileSync(file, "utf8") }));
    return isNonEmpty(sources) ? ok(sources) : failure("there is no policy file in this folder");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    return failure(
      code === "ENOENT" ? "there is no such file or folder" : `cannot be read (${code})`,
    );
  }
}

/** The presets that come with the product, by name; none where they were not installed with it. */
export function presets(): Presets {
  const folder = join(import.meta.dirname, "presets");
  if (!existsSync(folder)) return new Map();
  return new Map(
    policyFiles(folder).map((file) => {
      const name = basename(file, ".yaml");
      return [name, { file: `preset:${name}`, text: readFileSync(file, "utf8") }];
    }),
  );
}

function policyFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".yaml") && !name.endsWith(".test.yaml"))
    .sort()
    .map((name) => join(folder, name));
}
