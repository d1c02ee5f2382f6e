import type { Exchange, Item } from "../record/exchange.ts";
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

/** What a record can be found by. */
export function keysOf(event: AuditEvent): readonly IndexKey[] {
  switch (event.kind) {
    case "intent":
      return intentKeys(event.intent);
    case "completion":
      return completionKeys(event.completion);
    case "act":
      return [
        ["action", event.act.action],
        ["principal", event.act.actor],
        ["resource", event.act.subject],
        ...(event.act.action.startsWith("approval.")
          ? [["approval", event.act.subject] as const]
          : []),
      ];
    default:
      return [];
  }
}

/** Whether the item has that very value, not only its hash. */
export function hasKey(item: Item, [kind, value]: IndexKey): boolean {
  return itemKeys(item).some(([name, text]) => name === kind && text === value);
}

function itemKeys(item: Item): readonly IndexKey[] {
  return item.kind === "act" ? keysOf({ kind: "act", act: item.act }) : exchangeKeys(item);
}

function exchangeKeys({ intent, completion }: Exchange): readonly IndexKey[] {
  return [...intentKeys(intent), ...(completion === undefined ? [] : completionKeys(completion))];
}

function intentKeys(intent: IntentEntry): readonly IndexKey[] {
  const { session, connection, approval, principal } = intent;
  return [
    ["id", intent.id],
    ["decision", intent.decision],
    ...(session === undefined ? [] : [["session", session] as const]),
    ...(connection === undefined ? [] : [["connection", connection.name] as const]),
    ...(approval === undefined ? [] : [["approval", approval] as const]),
    ...unique("operation", intent.operations, (operation) => operation.name),
    ...unique("resource", intent.operations, (operation) => operation.resource),
    ...unique("rule", intent.rules, (rule) => rule),
    ...(principal === undefined ? [] : actorKeys(principal)),
  ];
}

function actorKeys({ id, run, commit }: Actor): readonly IndexKey[] {
  return [
    ["principal", id],
    ...(run === undefined ? [] : runKeys(run)),
    ...(commit === undefined ? [] : [["commit", commit] as const]),
  ];
}

function runKeys(run: NonNullable<Actor["run"]>): readonly IndexKey[] {
  return [
    ["actor", run.actor],
    ["run", run.runId],
    ["repository", run.repository],
  ];
}

function completionKeys(completion: CompletionEntry): readonly IndexKey[] {
  return [
    ...unique("mask", Object.keys(completion.masks), (rule) => rule),
    ...unique("fingerprint", completion.findings, (finding) => finding.fingerprint),
  ];
}

function unique<T>(
  kind: IndexKind,
  items: readonly T[],
  value: (item: T) => string,
): readonly IndexKey[] {
  return [...new Set(items.map(value))].map((text) => [kind, text]);
}

/** FNV-1a over UTF-16: finds candidates quickly; `hasKey` has the last word. */
export function hashKey(value: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < value.length; at++)
    hash = Math.imul(hash ^ value.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
