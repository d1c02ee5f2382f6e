import type { Draft } from "../base/draft.ts";
import type { RecordId, RuleId } from "../core/ids.ts";
import type { Settled } from "../core/outcome.ts";
import type { DecisionWord, Intent } from "../core/record.ts";
import type { Target } from "../core/target.ts";
import type { RequestHead } from "../http/message.ts";
import type { Found } from "./admit.ts";
import { told } from "./connection.ts";
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
  const rulings = decision?.rulings ?? [];
  const intent: Draft<Intent> = {
    id,
    at,
    decision: word(settled, approval !== undefined),
    method: head.method,
    path: head.path.split("?", 1)[0] ?? "",
    operations: facts?.operations ?? [],
    rules: unique(rulings.map(({ rule }) => rule)),
    observed: unique(rulings.flatMap(({ observed }) => observed)),
  };
  if (target !== undefined) intent.connection = told(target.connection);
  if (facts !== undefined) {
    intent.principal = facts.principal;
    intent.session = facts.session;
  }
  if (decision !== undefined) intent.policyDigest = decision.policyDigest;
  if (approval !== undefined) intent.approval = approval;
  if (settled.kind === "refuse") intent.reason = settled.message;
  if (origin.parent !== "") intent.parent = origin.parent;
  const link = head.fields.get("traceparent");
  if (link !== undefined) intent.link = link;
  const userAgent = head.fields.get("user-agent");
  if (userAgent !== undefined) intent.userAgent = userAgent;
  return intent;
}

function unique(ids: readonly RuleId[]): readonly RuleId[] {
  return ids.length < 2 ? ids : [...new Set(ids)];
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

function word(settled: Settled, waited: boolean): DecisionWord {
  if (settled.kind === "proceed") return waited ? "approve" : "allow";
  return settled.code === "unavailable" || settled.code === "internal" ? "error" : "deny";
}
