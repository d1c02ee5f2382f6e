import type { AuditLog, Completion, Intent } from "../../../src/core/record.ts";

/** An audit log in memory, which can be made to fail. */
export class KeptAudit implements AuditLog {
  readonly intents: Intent[] = [];
  readonly completions: Completion[] = [];
  failing = false;

  async intent(intent: Intent): Promise<void> {
    if (this.failing) throw new Error("the disk is full");
    this.intents.push(intent);
  }

  complete(completion: Completion): void {
    this.completions.push(completion);
  }
}
