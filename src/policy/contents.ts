import type { ZodType, z } from "zod";
import { check, valueAt } from "../yaml/check.ts";
import { readDocument, type YamlDocument } from "../yaml/document.ts";
import type { Problem } from "../yaml/problem.ts";
import { policyFile } from "./schema.ts";

/** A file's name and text. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** One policy file, read as far as it can be: what is wrong has been told, and stands here as if it were absent. */
export interface Contents extends z.output<typeof policyFile> {
  readonly document: YamlDocument;
}

/** Reads one file and tells everything that is wrong above its rules; undefined where it is not YAML. */
export function readContents(
  source: Source,
  tell: (problem: Problem) => void,
): Contents | undefined {
  const document = readDocument(source.file, source.text);
  if (!document.ok) {
    document.error.forEach(tell);
    return undefined;
  }
  const checked = check(document.value, policyFile);
  if (checked.ok) return { document: document.value, ...checked.value };
  checked.error.forEach(tell);
  const { shape } = policyFile;
  const part = <S extends ZodType>(key: keyof typeof shape, schema: S): z.output<S> => {
    const parsed = schema.safeParse(valueAt(document.value.value, [key]));
    return parsed.success ? parsed.data : schema.parse(undefined);
  };
  return {
    document: document.value,
    mode: part("mode", shape.mode),
    lists: part("lists", shape.lists),
    macros: part("macros", shape.macros),
    rules: part("rules", shape.rules),
    otherwise: part("otherwise", shape.otherwise),
  };
}
