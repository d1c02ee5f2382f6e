import type { Finding } from "../../core/finding.ts";
import { nameOf, resourceOf } from "../../core/operation.ts";
import type { Item } from "../record/exchange.ts";
import type { Actor, AuditEvent, CompletionEntry, IntentEntry } from "../record/record.ts";

/** By what records can be found. */
export const indexKinds = [
  "id",
  "principal",
  "actor",
  "run",
  "repository",
  "commit",
  "session",
  "connection",
  "operation",
  "resource",
  "decision",
  "rule",
  "approval",
  "action",
  "mask",
  "fingerprint",
] as const;
export type IndexKind = (typeof indexKinds)[number];
export type IndexKey = readonly [kind: IndexKind, value: string];

/** Takes what a record can be found by, key by key. */
export type TakeKey = (kind: IndexKind, value: string) => void;

/** Tells what a record can be found by. */
export function tellKeys(event: AuditEvent, take: TakeKey): void {
  switch (event.kind) {
    case "intent":
      tellIntent(event.intent, take);
      return;
    case "completion":
      tellCompletion(event.completion, take);
      return;
    case "act":
      take("action", event.act.action);
      take("principal", event.act.actor);
      take("resource", event.act.subject);
      if (event.act.action.startsWith("approval.")) take("approval", event.act.subject);
      return;
    default:
  }
}

/** Whether the item has that very value, not only its hash. */
export function hasKey(item: Item, [kind, value]: IndexKey): boolean {
  let has = false;
  tellItem(item, (name, text) => {
    has ||= name === kind && text === value;
  });
  return has;
}

function tellItem(item: Item, take: TakeKey): void {
  if (item.kind === "act") {
    tellKeys({ kind: "act", act: item.act }, take);
    return;
  }
  tellIntent(item.intent, take);
  if (item.completion !== undefined) tellCompletion(item.completion, take);
}

function tellIntent(intent: IntentEntry, take: TakeKey): void {
  const { session, connection, approval, principal, operations } = intent;
  take("id", intent.id);
  take("decision", intent.decision);
  if (session !== undefined) take("session", session);
  if (connection !== undefined) take("connection", connection.name);
  if (approval !== undefined) take("approval", approval);
  tellOnce("operation", operations, nameOf, take);
  tellOnce("resource", operations, resourceOf, take);
  tellOnce("rule", intent.rules, itself, take);
  if (principal !== undefined) tellActor(principal, take);
}

function tellActor({ id, run, commit }: Actor, take: TakeKey): void {
  take("principal", id);
  if (run !== undefined) {
    take("actor", run.actor);
    take("run", run.runId);
    take("repository", run.repository);
  }
  if (commit !== undefined) take("commit", commit);
}

function tellCompletion({ masks, findings }: CompletionEntry, take: TakeKey): void {
  for (const rule of Object.keys(masks)) take("mask", rule);
  tellOnce("fingerprint", findings, fingerprintOf, take);
}

/** Each of those values once, in the order in which they first come. */
function tellOnce<Of>(
  kind: IndexKind,
  all: readonly Of[],
  value: (of: Of) => string,
  take: TakeKey,
): void {
  const told = all.length > 1 ? new Set<string>() : undefined;
  for (const of of all) {
    const text = value(of);
    if (told?.has(text)) continue;
    told?.add(text);
    take(kind, text);
  }
}

function fingerprintOf({ fingerprint }: Finding): string {
  return fingerprint;
}

function itself(text: string): string {
  return text;
}

/** FNV-1a over UTF-16: finds candidates quickly; `hasKey` has the last word. */
export function hashKey(value: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < value.length; at++)
    hash = Math.imul(hash ^ value.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
