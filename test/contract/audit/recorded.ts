import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { AuditRecord } from "../../../src/audit/record/record.ts";
import { readRecords } from "../../../src/audit/wal/log-file.ts";
import { chainOf } from "../../../src/audit/wal/segment-file.ts";

/** Every record that the write-ahead log of a replica holds. */
export async function recorded(dir: string, replica: string): Promise<readonly AuditRecord[]> {
  const folder = join(dir, "wal", replica);
  const chain = await chainOf(folder, await readdir(folder));
  const records: AuditRecord[] = [];
  for await (const { record } of readRecords(folder, chain, undefined)) records.push(record);
  return records;
}

/** The ids of all intents in it. */
export async function recordedIds(dir: string, replica: string): Promise<ReadonlySet<string>> {
  const records = await recorded(dir, replica);
  return new Set(
    records.flatMap(({ event }) => (event.kind === "intent" ? [event.intent.id] : [])),
  );
}
