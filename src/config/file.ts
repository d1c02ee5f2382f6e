import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { NonEmpty } from "../base/non-empty.ts";
import { err, type Result } from "../base/result.ts";
import type { Problem } from "../yaml/problem.ts";
import { parseConfig } from "./config.ts";
import type { Config } from "./schema.ts";

/** Reads a config file: the config, or every problem at once. Relative paths in it are read against its own folder. */
export function loadConfig(file: string): Result<Config, NonEmpty<Problem>> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    const message =
      code === "ENOENT" ? "there is no such file" : `the file cannot be read (${code})`;
    return err([{ file, line: 1, column: 1, message }]);
  }
  return parseConfig(text, file, dirname(resolve(file)));
}
