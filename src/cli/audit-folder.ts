import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseVerifier, type Verifier } from "../tlog/key.ts";
import type { Io } from "./command.ts";
import { openConfig } from "./config-file.ts";

/** What every command that reads the audit folder takes. */
export const auditOptions = {
  config: { type: "string", default: "sallyport.yaml" },
  dir: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

export const auditUsage = "[--config FILE | --dir AUDIT] [--json]";

/** The audit folder that is named, or else the config's; absent, and told, when there is none. */
export function auditFolder(
  { config, dir }: { readonly config: string; readonly dir?: string | undefined },
  io: Io,
): string | undefined {
  const found = dir === undefined ? openConfig(config, io)?.audit.dir : resolve(io.cwd, dir);
  if (found === undefined || existsSync(found)) return found;
  io.err(`There is no audit folder ${dir ?? found}.`);
  return undefined;
}

/** Verifier keys, each given itself or as a file with one a line; absent, and told, when one is none. */
export function verifierKeys(given: readonly string[], io: Io): readonly Verifier[] | undefined {
  const keys: Verifier[] = [];
  for (const text of given) {
    const path = resolve(io.cwd, text);
    const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [text];
    for (const line of lines) {
      const key = parseVerifier(line);
      if (!key.ok) {
        io.err(`--key ${text}: ${key.error}.`);
        return undefined;
      }
      keys.push(key.value);
    }
  }
  return keys;
}
