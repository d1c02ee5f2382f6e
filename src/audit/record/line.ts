import type { Exchange, Item } from "./exchange.ts";
import type { CompletionEntry, IntentEntry } from "./record.ts";

/** One line of JSON for one exchange or act, for people and for whatever reads standard output. */
export function lineOf(item: Item): string {
  if (item.kind === "act") {
    const { record, act } = item;
    return JSON.stringify({ kind: "act", at: new Date(record.at).toISOString(), ...act });
  }
  const { intent, completion } = item;
  if (completion === undefined) return exchangeLine(item);
  const known = lines.get(completion);
  if (known?.of === intent) {
    lines.delete(completion);
    return known.line;
  }
  const line = exchangeLine(item);
  lines.set(completion, { of: intent, line });
  return line;
}

/** Lines that were told once: most exchanges are told twice, here and to the collector. */
const lines = new WeakMap<CompletionEntry, { readonly of: IntentEntry; readonly line: string }>();

function exchangeLine({ intent, completion }: Exchange): string {
  const first = intent.operations[0];
  return JSON.stringify({
    kind: "exchange",
    at: new Date(intent.at).toISOString(),
    id: intent.id,
    decision: intent.decision,
    end: completion?.end ?? "lost",
    principal: intent.principal?.id,
    session: intent.session,
    connection: intent.connection?.name,
    method: intent.method,
    path: intent.path,
    operation: first?.name,
    resource: first?.resource,
    operations: intent.operations.length + (intent.more?.count ?? 0),
    rules: intent.rules,
    reason: intent.reason,
    approval: intent.approval,
    status: completion?.status,
    masks: completion?.masks,
    placeholders: completion?.placeholders,
    ms: completion === undefined ? undefined : completion.at - intent.at,
    requestBytes: completion?.requestBytes,
    responseBytes: completion?.responseBytes,
    upstreamRequestId: completion?.upstreamRequestId,
    recording: completion?.recording,
  });
}
