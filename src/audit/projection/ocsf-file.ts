import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import type { Item } from "../record/exchange.ts";
import type { Answer } from "./delivery.ts";
import { ocsfEvents } from "./ocsf.ts";

/**
 * Appends OCSF events to files of JSON Lines, one file for each replica and hour (UTC), durably: `r1-2026-11-22T14.jsonl`.
 * After a crash some come twice, with the same `metadata.uid`. A disk that cannot be written is tried again for ever.
 */
export function ocsfFiles(
  dir: string,
  replica: string,
): (batch: readonly Item[]) => Promise<Answer> {
  return async (batch) => {
    const files = Map.groupBy(batch, (item) => `${replica}-${hourOf(item)}.jsonl`);
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      for (const [name, items] of files) await append(join(dir, name), linesOf(items));
      return { kind: "accepted" };
    } catch {
      return { kind: "unreachable" };
    }
  };
}

async function append(path: string, text: string): Promise<void> {
  const file = await open(path, "a", 0o600);
  try {
    await file.appendFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}

function linesOf(items: readonly Item[]): string {
  return items
    .flatMap((item) => ocsfEvents(item))
    .map((event) => `${JSON.stringify(event)}\n`)
    .join("");
}

/** The hour in which it ended, as far as it is known: `2026-11-22T14`. */
function hourOf(item: Item): string {
  const at = item.kind === "act" ? item.record.at : (item.completion?.at ?? item.intent.at);
  return new Date(at).toISOString().slice(0, 13);
}
