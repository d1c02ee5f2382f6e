import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { decodeRecord } from "../audit/record/record.ts";
import { readFrames } from "../audit/wal/segment-file.ts";
import type { Config } from "../config/schema.ts";
import { type RecordedExchange, readRecorded } from "../policy/cases/recorded.ts";
import { judgedExchange } from "../recording/judged.ts";
import type { Io } from "./command.ts";
import { readerOf } from "./recordings.ts";

/** Exchanges read from recordings, and how many could not be judged anew (no identity, nothing asked). */
export interface Sessions {
  readonly exchanges: readonly RecordedExchange[];
  readonly skipped: number;
}

/**
 * Reads recordings (a session's id, or the recordings' folder, whose keys are the config's), audit logs (`.wal` segments)
 * and recorded exchanges (`.jsonl`, one a line), from files or from all that lie in folders. Throws where they cannot be read.
 */
export async function readSessions(
  named: readonly string[],
  { config, io }: { readonly config?: Config | undefined; readonly io: Io },
): Promise<Sessions> {
  const exchanges: RecordedExchange[] = [];
  let skipped = 0;
  for (const name of named)
    for await (const value of valuesOf(name, config, io)) {
      const read = readRecorded(value);
      if (read.ok) exchanges.push(read.value);
      else skipped++;
    }
  return { exchanges, skipped };
}

async function* valuesOf(
  name: string,
  config: Config | undefined,
  io: Io,
): AsyncGenerator<unknown> {
  const path = resolve(io.cwd, name);
  const session = /^ses_[\w-]+$/.test(name) && !existsSync(path);
  if (session || existsSync(join(path, "FORMAT"))) {
    if (config === undefined) throw new TypeError("the keys of recordings are those of a config");
    yield* recordedIn(session ? undefined : path, session ? name : undefined, config, io);
    return;
  }
  for (const file of filesOf(path)) yield* file.endsWith(".wal") ? intentsOf(file) : linesOf(file);
}

async function* recordedIn(
  dir: string | undefined,
  session: string | undefined,
  config: Config,
  io: Io,
): AsyncGenerator<unknown> {
  const { s3: _, ...own } = config.recording;
  // A folder that is named is read, wherever the config's own recordings lie.
  const recording = dir === undefined ? config.recording : { ...own, dir };
  const reader = readerOf({ ...config, recording }, io.env);
  if (typeof reader === "string") throw new TypeError(reader);
  const sessions = session === undefined ? await reader.sessions() : [session];
  for (const one of [...sessions].sort()) {
    const read = await reader.session(one);
    if (!read.ok) throw new TypeError(read.error);
    for (const exchange of read.value.exchanges)
      yield await judgedExchange(exchange, reader.pieces(exchange, "request"));
  }
}

function filesOf(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(wal|jsonl)$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

async function* intentsOf(segment: string): AsyncGenerator<unknown> {
  for await (const { payload } of readFrames(segment)) {
    const record = decodeRecord(payload);
    if (record.ok && record.value.event.kind === "intent") yield record.value.event.intent;
  }
}

function* linesOf(file: string): Generator<unknown> {
  for (const line of readFileSync(file, "utf8").split("\n")) {
    if (line.trim() === "") continue;
    try {
      yield JSON.parse(line);
    } catch {
      yield undefined;
    }
  }
}
