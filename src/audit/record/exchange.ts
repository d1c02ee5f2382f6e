import type { Act } from "../../core/record.ts";
import type { AuditRecord, CompletionEntry, IntentEntry } from "./record.ts";

/** The whole story of one exchange, from its two records. */
export interface Exchange {
  readonly kind: "exchange";
  readonly replica: string;
  readonly intent: IntentEntry;
  /** Absent when the gateway died before the end. */
  readonly completion?: CompletionEntry;
  /** Where its intent stands in the transparency log, once it does. */
  readonly index?: number;
}

/** An act, with the record that holds it. */
export interface ActEntry {
  readonly kind: "act";
  readonly record: AuditRecord;
  readonly act: Act;
}

/** What is told to the outside: one item for each exchange and each act. */
export type Item = Exchange | ActEntry;

/** What identifies an item to whoever removes duplicates. */
export function itemId(item: Item): string {
  if (item.kind === "exchange") return item.intent.id;
  const { replica, boot, seq } = item.record;
  return `${replica}/${boot}/${seq}`;
}
