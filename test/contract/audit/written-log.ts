import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openAuditLog } from "../../../src/audit/audit-log.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { freshDir, sampleCompletion, sampleIntent } from "./sample.ts";

export interface WrittenLog {
  readonly dir: string;
  readonly vkey: string;
  /** A checkpoint of the log when it was about half as long. */
  readonly older: string;
}

/** An audit folder that ours wrote: two boots, some `exchanges` in each, closed. */
export async function writeLog(exchanges: number, segmentBytes = 64 << 10): Promise<WrittenLog> {
  const dir = await freshDir();
  await boot(dir, exchanges, segmentBytes);
  const older = await readFile(join(dir, "log", "checkpoint"), "utf8");
  await boot(dir, exchanges, segmentBytes);
  const [vkey = ""] = (await readFile(join(dir, "log", "vkeys"), "utf8")).split("\n");
  return { dir, vkey, older };
}

async function boot(dir: string, exchanges: number, segmentBytes: number): Promise<void> {
  const audit = await openAuditLog({ dir, replica: "r1", clock: systemClock, segmentBytes });
  await Promise.all(
    Array.from({ length: exchanges }, async () => {
      const intent = sampleIntent();
      await audit.intent(intent);
      audit.complete(sampleCompletion(intent));
    }),
  );
  await audit.close();
}
