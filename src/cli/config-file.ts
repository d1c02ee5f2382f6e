import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { loadConfig } from "../config/file.ts";
import type { Config } from "../config/schema.ts";
import { formatProblem } from "../yaml/problem.ts";
import type { Io } from "./command.ts";

/** Reads a config file, telling every mistake; absent when there is any. */
export function openConfig(file: string, io: Io): Config | undefined {
  const path = resolve(io.cwd, file);
  if (!existsSync(path)) {
    io.err(`There is no config file ${file}: name one with --config.`);
    return undefined;
  }
  const config = loadConfig(path);
  if (config.ok) return config.value;
  for (const problem of config.error) io.err(formatProblem(problem));
  return undefined;
}
