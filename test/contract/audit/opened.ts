import { afterEach } from "vitest";
import type { AuditOptions } from "../../../src/audit/audit.ts";
import { openAuditLog } from "../../../src/audit/audit-log.ts";
import { systemClock } from "../../../src/base/clock.ts";

/** What is to be done after the test, the last first. */
export const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An audit log of replica `r1` in that folder, which is closed after the test. */
export async function open(dir: string, over: Partial<AuditOptions> = {}) {
  const audit = await openAuditLog({ dir, replica: "r1", clock: systemClock, ...over });
  closing.push(() => audit.close());
  return audit;
}
