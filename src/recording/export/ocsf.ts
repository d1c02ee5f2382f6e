import type { RecordedExchange } from "../read.ts";

/**
 * One OCSF 1.8.0 API Activity (6003) per exchange, as JSON lines: the recording's own view. The audit log's events
 * (`audit export`) are the evidence; these carry the session, the place of the recording and every mask.
 */
export async function* ocsfLines(
  session: string,
  exchanges: readonly RecordedExchange[],
  version: string,
): AsyncGenerator<string> {
  for (const exchange of exchanges)
    yield `${JSON.stringify(eventOf(session, exchange, version))}\n`;
}

const activities: Readonly<Record<string, number>> = {
  POST: 1,
  GET: 2,
  HEAD: 2,
  PUT: 3,
  PATCH: 3,
  DELETE: 4,
};
const activityNames = ["Unknown", "Create", "Read", "Update", "Delete"];

function eventOf(session: string, { opened, entries }: RecordedExchange, version: string): object {
  const decided = entries.find((entry) => entry.k === "decided");
  const answer = entries.find((entry) => entry.k === "answer");
  const masks = entries.filter((entry) => entry.k === "mask");
  const activity = activities[opened.method] ?? 0;
  const [operation] = opened.operations;
  const allowed = decided?.decision === "allow" || decided?.decision === "approve";
  return {
    category_uid: 6,
    category_name: "Application Activity",
    class_uid: 6003,
    class_name: "API Activity",
    activity_id: activity,
    activity_name: activityNames[activity],
    type_uid: 600_300 + activity,
    time: opened.at,
    severity_id: masks.length > 0 || !allowed ? 3 : 1,
    status_id: allowed ? 1 : 2,
    status: allowed ? "Success" : "Failure",
    ...(decided?.reason === undefined ? {} : { status_detail: decided.reason }),
    metadata: {
      version: "1.8.0",
      uid: opened.record,
      correlation_uid: session,
      profiles: ["security_control"],
      product: { name: "Sallyport", vendor_name: "Sallyport", version },
    },
    action_id: allowed ? 1 : 2,
    disposition_id: dispositionOf(decided?.decision, masks.length),
    actor: {
      user: {
        uid: opened.principal.id,
        name: opened.principal.subject,
        type_id: 3,
        type: "System",
      },
      session: { uid: session },
    },
    api: {
      operation: operation?.name ?? opened.method,
      request: { uid: opened.record },
      service: { name: opened.connection.name },
      ...(answer === undefined ? {} : { response: { code: answer.status } }),
    },
    src_endpoint: { uid: session },
    dst_endpoint: { hostname: new URL(opened.connection.upstream).hostname },
    http_request: {
      http_method: opened.method,
      url: { path: opened.path.split("?")[0] },
      body_length: bytesIn(entries, "request"),
    },
    ...(answer === undefined
      ? {}
      : { http_response: { code: answer.status, body_length: bytesIn(entries, "response") } }),
    resources: opened.operations.map(({ resource, protocol }) => ({
      name: resource,
      type: protocol,
    })),
    unmapped: {
      rules: opened.rules,
      recording: `recording:${session}/${opened.record}`,
      masks: masks.map(({ k: _, ...mask }) => mask),
    },
  };
}

function bytesIn(entries: RecordedExchange["entries"], dir: "request" | "response"): number {
  const over = entries.find((entry) => entry.k === "over" && entry.dir === dir);
  return over?.k === "over" ? over.bytes : 0;
}

/** OCSF's words: 1 Allowed, 2 Blocked, 8 Approved, 11 Corrected, 99 Other. */
function dispositionOf(decision: string | undefined, masks: number): number {
  if (decision === "approve") return 8;
  if (decision === "allow") return masks > 0 ? 11 : 1;
  return decision === "deny" ? 2 : 99;
}
