import { join } from "node:path";
import { openKeys } from "../assembly/keys-file.ts";
import { recordingShelves } from "../assembly/recording-shelf.ts";
import { keyWrap } from "../assembly/recordings-file.ts";
import { stateDir } from "../assembly/state.ts";
import type { Config } from "../config/schema.ts";
import { SessionReader } from "../recording/read.ts";
import { type Reading, SeveralReaders } from "../recording/several.ts";
import type { Io } from "./command.ts";
import { openConfig } from "./config-file.ts";

/** What every command that reads recordings from their folder takes. */
export const recordingOptions = {
  config: { type: "string", default: "sallyport.yaml" },
  json: { type: "boolean", default: false },
} as const;

export const recordingUsage = "[--config FILE] [--json]";

/** The recordings of a config, as somebody with its keys can read them. */
export interface ReadRecordings {
  readonly config: Config;
  readonly reader: Reading;
}

/** Opens the recordings that a config file names; absent, and told, where that cannot be done. */
export function openRecorded(file: string, io: Io): ReadRecordings | undefined {
  const config = openConfig(file, io);
  if (config === undefined) return undefined;
  const read = readerOf(config, io.env);
  if (typeof read !== "string") return { config, reader: read };
  io.err(`${read}.`);
  return undefined;
}

/** A reader of the config's recordings, or why there is none. */
export function readerOf(config: Config, env: Io["env"]): Reading | string {
  const keys = openKeys(config.keys ?? join(stateDir(config), "keys"));
  const wrap = keyWrap(config.recording, keys.recording, env);
  if (!wrap.ok) return wrap.error;
  const shelves = recordingShelves(config, env);
  if (!shelves.ok) return shelves.error;
  return new SeveralReaders(shelves.value.map((shelf) => new SessionReader(shelf, wrap.value)));
}
