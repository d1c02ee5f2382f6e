import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { sharedKeys, sharedStore } from "../assembly/audit.ts";
import { type LogPlaces, ownLog, sharedLog } from "../audit/transparency/log-place.ts";
import type { TileStore } from "../audit/transparency/tile-store.ts";
import { leaveAct } from "../audit/wal/inbox-file.ts";
import { ok } from "../base/result.ts";
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

/** An audit folder, and the log that its records are in: its own, or the one that the config's gateways share. */
export interface AuditPlace {
  readonly dir: string;
  readonly log: LogPlaces;
  /** What the verification needs to know of a log that is not in the folder. */
  readonly elsewhere: { readonly store?: TileStore };
}

/** Like `auditFolder`, with the log. */
export function auditPlace(
  values: { readonly config: string; readonly dir?: string | undefined },
  io: Io,
): AuditPlace | undefined {
  const dir = auditFolder(values, io);
  if (dir === undefined) return undefined;
  const config = values.dir === undefined ? openConfig(values.config, io) : undefined;
  const store = config === undefined ? ok(undefined) : sharedStore(config, io.env);
  if (!store.ok) {
    io.err(`audit.log: ${store.error}.`);
    return undefined;
  }
  if (store.value === undefined) return { dir, log: ownLog(dir), elsewhere: {} };
  const log = sharedLog(store.value, dir);
  return { dir, log, elsewhere: { store: log.store } };
}

/** The folder of the keys that sign the log; absent, and told, when there is no audit folder. */
export function signingKeys(
  values: { readonly config: string; readonly dir?: string | undefined },
  io: Io,
): string | undefined {
  const dir = auditFolder(values, io);
  if (dir === undefined) return undefined;
  const config = values.dir === undefined ? openConfig(values.config, io) : undefined;
  return config?.audit.log === undefined ? join(dir, "keys") : sharedKeys(config);
}

/** Leaves word of what is done with the records; on a copy that cannot be written it says so, and goes on. */
export async function told(
  dir: string,
  act: { readonly action: string; readonly subject: string; readonly detail?: string },
  io: Io,
): Promise<void> {
  await leaveAct(dir, act).catch(() => {
    io.err("This folder cannot be written: what you do here is not on record in it.");
  });
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
