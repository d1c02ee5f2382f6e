import type { RecordId } from "../core/ids.ts";
import type { Settled } from "../core/outcome.ts";
import type { DecisionWord, Intent } from "../core/record.ts";
import type { Target } from "../core/target.ts";
import type { RequestHead } from "../http/message.ts";
import type { Found } from "./admit.ts";
import type { Origin } from "./phase.ts";

interface Subject {
  readonly id: RecordId;
  readonly at: number;
  readonly head: RequestHead;
  readonly origin: Origin;
  readonly target: Target | undefined;
}

/** What the audit says of a request that was judged, whichever way it went. */
export function intentOf(
  subject: Subject,
  settled: Settled,
  { facts, decision, approval }: Found,
): Intent {
  const { id, at, head, origin, target } = subject;
  const link = head.fields.get("traceparent");
  const userAgent = head.fields.get("user-agent");
  const rulings = decision?.rulings ?? [];
  return {
    id,
    at,
    decision: word(settled, approval !== undefined),
    method: head.method,
    path: head.path.split("?")[0] ?? "",
    operations: facts?.operations ?? [],
    rules: [...new Set(rulings.map(({ rule }) => rule))],
    observed: [...new Set(rulings.flatMap(({ observed }) => observed))],
    ...(target === undefined ? {} : { connection: connectionOf(target) }),
    ...(facts === undefined ? {} : { principal: facts.principal, session: facts.session }),
    ...(decision === undefined ? {} : { policyDigest: decision.policyDigest }),
    ...(approval === undefined ? {} : { approval }),
    ...(settled.kind === "refuse" ? { reason: settled.message } : {}),
    ...(origin.parent === "" ? {} : { parent: origin.parent }),
    ...(link === undefined ? {} : { link }),
    ...(userAgent === undefined ? {} : { userAgent }),
  };
}

/** What the audit says of an answer that Envoy gave by itself, before any request reached us. */
export function localIntent(id: RecordId, at: number, origin: Origin, status: number): Intent {
  return {
    id,
    at,
    decision: status === 401 || status === 403 ? "deny" : "error",
    method: origin.method,
    path: origin.path.split("?")[0] ?? "",
    operations: [],
    rules: [],
    observed: [],
    reason: `Envoy answered ${status} before the request could be judged.`,
    ...(origin.parent === "" ? {} : { parent: origin.parent }),
  };
}

function connectionOf({ connection }: Target): NonNullable<Intent["connection"]> {
  return { name: connection.name, kind: connection.kind, upstream: connection.upstream.host };
}

function word(settled: Settled, waited: boolean): DecisionWord {
  if (settled.kind === "proceed") return waited ? "approve" : "allow";
  return settled.code === "unavailable" || settled.code === "internal" ? "error" : "deny";
}
