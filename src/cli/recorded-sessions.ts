import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { decodeRecord } from "../audit/record.ts";
import { readFrames } from "../audit/segment-file.ts";
import { type RecordedExchange, readRecorded } from "../policy/cases/recorded.ts";

/** Exchanges read from recordings, and how many could not be judged anew (no identity, nothing asked). */
export interface Sessions {
  readonly exchanges: readonly RecordedExchange[];
  readonly skipped: number;
}

/**
 * Reads audit logs (`.wal` segments) and recorded exchanges (`.jsonl`, one a line), from files or from all that lie in
 * folders. Throws where they cannot be read.
 */
export async function readSessions(paths: readonly string[]): Promise<Sessions> {
  const exchanges: RecordedExchange[] = [];
  let skipped = 0;
  for (const file of paths.flatMap(filesOf))
    for await (const value of file.endsWith(".wal") ? intentsOf(file) : linesOf(file)) {
      const read = readRecorded(value);
      if (read.ok) exchanges.push(read.value);
      else skipped++;
    }
  return { exchanges, skipped };
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
