import type { JsonObject } from "../record/canonical.ts";
import { type ActEntry, type Exchange, type Item, itemId } from "../record/exchange.ts";
import type { Actor } from "../record/record.ts";
import { dispositionOf, severityOf } from "./ocsf-verdict.ts";
import { serverSpan } from "./span.ts";

/** The version of the Open Cybersecurity Schema Framework that events are written in. */
export const ocsfVersion = "1.8.0";

const apiActivity = { category: 6, class: 6003 } as const;
const dataSecurityFinding = { category: 2, class: 2006 } as const;
const authentication = { category: 3, class: 3002 } as const;

type EventClass = { readonly category: number; readonly class: number };

/**
 * The events of an item for a SIEM: API Activity with the AI profile for each exchange and act (Authentication for a
 * token exchange, and for a caller whom we did not know), and a Data Security Finding for each rule that found secrets.
 */
export function ocsfEvents(item: Item): readonly JsonObject[] {
  if (item.kind === "act") return [actEvent(item)];
  const first = isLogon(item) ? logonEvent(item) : exchangeEvent(item);
  return [first, ...findingEvents(item)];
}

function isLogon({ intent }: Exchange): boolean {
  const exchangesToken = intent.operations.some(({ resource }) => resource === "oauth2/token");
  return exchangesToken || (intent.principal === undefined && intent.decision === "deny");
}

function exchangeEvent(exchange: Exchange): JsonObject {
  const { intent, completion } = exchange;
  const [operation] = intent.operations;
  const activity = activityOf(intent.method, operation?.access);
  const span = serverSpan(exchange);
  const model = operation?.name === "model.call" ? operation.attributes["model"] : undefined;
  return {
    ...base(apiActivity, activity, exchange),
    ...outcome(exchange),
    actor: actorOf(intent.principal, intent.session),
    api: {
      operation: operation?.name ?? intent.method,
      request: { uid: intent.id },
      ...(completion?.status === undefined ? {} : { response: { code: completion.status } }),
      ...(intent.connection === undefined ? {} : { service: { name: intent.connection.name } }),
    },
    src_endpoint: { uid: intent.session ?? intent.principal?.id ?? "unknown" },
    ...destination(exchange),
    http_request: {
      http_method: intent.method,
      url: { path: intent.path },
      ...(completion === undefined ? {} : { body_length: completion.requestBytes }),
      ...(intent.userAgent === undefined ? {} : { user_agent: intent.userAgent }),
    },
    ...(completion?.status === undefined
      ? {}
      : { http_response: { code: completion.status, body_length: completion.responseBytes } }),
    resources: intent.operations.map(({ resource, protocol }) => ({
      name: resource,
      type: protocol,
    })),
    trace: {
      uid: span.context.traceId,
      span: { uid: span.context.spanId, start_time: span.start, end_time: span.end },
    },
    ...(typeof model === "string" ? modelUse(model, exchange) : {}),
  };
}

function modelUse(model: string, { completion }: Exchange): JsonObject {
  const { inputTokens, outputTokens, name } = completion?.model ?? {};
  return {
    ai_model: { ai_provider: "github.copilot", name: name ?? model },
    message_context: {
      service: { name: "copilot" },
      ...(inputTokens === undefined ? {} : { prompt_tokens: inputTokens }),
      ...(outputTokens === undefined ? {} : { completion_tokens: outputTokens }),
    },
  };
}

function logonEvent(exchange: Exchange): JsonObject {
  const { intent } = exchange;
  return {
    ...base(authentication, 1, exchange),
    ...outcome(exchange),
    user: intent.principal === undefined ? { name: "unknown" } : userOf(intent.principal),
    service: { name: intent.connection?.name ?? "sallyport" },
    auth_protocol: "OpenID Connect",
    auth_protocol_id: 6,
    is_remote: true,
    ...(intent.session === undefined ? {} : { session: { uid: intent.session } }),
  };
}

function findingEvents(exchange: Exchange): readonly JsonObject[] {
  const { intent, completion } = exchange;
  return Object.entries(completion?.masks ?? {}).map(([rule, count]) => {
    const found = completion?.findings.filter((finding) => finding.rule === rule) ?? [];
    const channels = [...new Set(found.map((finding) => finding.channel))].slice(0, 8);
    return {
      ...base(dataSecurityFinding, 1, exchange),
      severity_id: 3,
      disposition_id: 11,
      action_id: 99,
      action: "masked",
      status_id: 4,
      message: `${count} found by ${rule} in ${channels.join(", ")}, masked`,
      count,
      finding_info: {
        uid: `${intent.id}/${rule}`,
        title: `A secret was masked: ${rule}`,
        types: [rule],
        created_time: intent.at,
        related_events_count: count,
      },
      data_security: { policy: { name: rule, uid: intent.policyDigest ?? "unknown" } },
      actor: actorOf(intent.principal, intent.session),
      resources: intent.operations.map(({ resource }) => ({ name: resource })),
      unmapped: { fingerprints: [...new Set(found.map((finding) => finding.fingerprint))] },
    };
  });
}

function actEvent(item: ActEntry): JsonObject {
  const { act, record } = item;
  const failed = act.outcome === "failure";
  return {
    ...frame(apiActivity, 99, record.at, itemId(item)),
    activity_name: act.action,
    severity_id: failed ? 3 : 1,
    status_id: failed ? 2 : 1,
    actor: { user: { uid: act.actor, name: act.actor } },
    api: { operation: act.action, service: { name: "sallyport" } },
    src_endpoint: { uid: record.replica },
    resources: [{ name: act.subject }],
    ...(act.detail === undefined ? {} : { message: act.detail }),
  };
}

function frame(of: EventClass, activity: number, time: number, uid: string): JsonObject {
  const product = { name: "Sallyport", vendor_name: "Sallyport" };
  const profiles = ["security_control", "trace", "ai_operation"];
  return {
    category_uid: of.category,
    class_uid: of.class,
    activity_id: activity,
    type_uid: of.class * 100 + activity,
    time,
    metadata: {
      version: ocsfVersion,
      product,
      uid,
      profiles: of === apiActivity ? profiles : ["security_control"],
    },
  };
}

function base(of: EventClass, activity: number, { intent, completion }: Exchange): JsonObject {
  return {
    ...frame(of, activity, intent.at, intent.id),
    severity_id: severityOf(intent.decision),
    ...(completion === undefined
      ? {}
      : { end_time: completion.at, duration: Math.max(completion.at - intent.at, 0) }),
  };
}

function outcome(exchange: Exchange): JsonObject {
  const { intent } = exchange;
  const { disposition, action, status } = dispositionOf(exchange);
  const [rule] = intent.rules;
  return {
    disposition_id: disposition,
    action_id: action,
    status_id: status,
    ...(intent.reason === undefined ? {} : { status_detail: intent.reason }),
    ...(rule === undefined
      ? {}
      : { policy: { name: rule, uid: intent.policyDigest ?? "unknown", is_applied: true } }),
    unmapped: {
      decision: intent.decision,
      rules: [...intent.rules],
      ...(intent.approval === undefined ? {} : { approval: intent.approval }),
    },
  };
}

function destination({ intent }: Exchange): JsonObject {
  const upstream = intent.connection === undefined ? null : URL.parse(intent.connection.upstream);
  return upstream === null ? {} : { dst_endpoint: { hostname: upstream.hostname } };
}

function actorOf(principal: Actor | undefined, session: string | undefined): JsonObject {
  return {
    user: principal === undefined ? { name: "unknown" } : userOf(principal),
    ...(session === undefined ? {} : { session: { uid: session } }),
  };
}

function userOf({ id, subject, groups, run }: Actor): JsonObject {
  return {
    uid: id,
    name: run?.actor ?? subject,
    groups: groups.map((name) => ({ name })),
  };
}

function activityOf(method: string, access: "read" | "write" | undefined): number {
  if (access === "read") return 2;
  switch (method) {
    case "POST":
      return 1;
    case "PUT":
    case "PATCH":
      return 3;
    case "DELETE":
      return 4;
    case "GET":
    case "HEAD":
      return 2;
    default:
      return 99;
  }
}
