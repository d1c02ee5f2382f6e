import type { Decision } from "../core/decision.ts";
import type { Masker } from "../core/finding.ts";
import type { Keep, RecordLevel } from "../core/keep.ts";
import type { Intent } from "../core/record.ts";
import type { Happening, Opening, Reach } from "../core/recording.ts";
import { Fields } from "../http/fields.ts";
import type { Reply, ResponseHead } from "../http/message.ts";
import { contentLens } from "../protocols/content-lens.ts";
import type { Lens } from "../protocols/protocol.ts";
import type { Found } from "./admit.ts";
import type { Arrival } from "./arrival.ts";
import { told } from "./connection.ts";
import { readableBody } from "./readable-body.ts";
import type { Untimed } from "./watch.ts";

/** What a recorder is told of an exchange whose caller is known; undefined where nobody is. */
export function openingOf(
  { head, target, protocol, parser }: Arrival,
  { facts, decision }: Found,
  cut: Opening["cut"],
): Opening | undefined {
  if (facts === undefined) return undefined;
  const { record, at, session, principal, operations = [] } = facts;
  const keep = keepOf(decision);
  return {
    record,
    at,
    session,
    principal,
    connection: told(target.connection),
    protocol: protocol.name,
    head,
    operations,
    ...(decision === undefined ? {} : { decision }),
    ...(keep === undefined ? {} : { keep }),
    request:
      parser.judged === undefined
        ? reachOf(head.fields, protocol.requestLens?.(head) ?? contentLens(head.fields))
        : { kind: "opaque" },
    cut,
  };
}

/** How a recorder reaches the text of an answer that those maskers read on its way. Git's report on a push is text, though nothing in it may be rewritten. */
export function reachOfResponse(
  head: ResponseHead,
  { head: request, protocol }: Pick<Arrival, "head" | "protocol">,
  readBy: readonly Masker[],
): Reach {
  const { fields } = head;
  const lens = protocol.responseLens?.(head, request) ?? contentLens(fields);
  if (lens !== "opaque") {
    const readable = reachOf(fields, lens);
    // What is sent on has its content coding undone by then.
    return readable.kind === "text" ? { kind: "text", lens, readBy } : readable;
  }
  const report = fields.get("content-type") === "application/x-git-receive-pack-result";
  return report ? plainText : { kind: "opaque" };
}

const plainText: Reach = { kind: "text", lens: (open) => open("body") };

/** What a recorder is told of an answer of our own. */
export function answered({ status, headers, body }: Reply): readonly Untimed<Happening>[] {
  const chunk = typeof body === "string" ? Buffer.from(body, "utf8") : body;
  const fields = new Fields(Object.entries(headers));
  return [
    { kind: "responseHead", status, fields, own: true, body: plainText },
    ...(chunk.length === 0 ? [] : [{ kind: "responseBody" as const, chunk }]),
    { kind: "responseEnd" },
  ];
}

/** What a recorder is told of a request that goes nowhere, and of our answer to it. */
export function unsent(
  { parser, body }: Pick<Arrival, "parser" | "body">,
  reply: Reply,
): readonly Untimed<Happening>[] {
  const chunk = body.judged();
  const gist: Untimed<Happening> =
    parser.judged === undefined
      ? { kind: "requestBody", chunk, sent: false }
      : { kind: "requestGist", chunk };
  return [...(chunk.length === 0 ? [] : [gist]), { kind: "requestEnd" }, ...answered(reply)];
}

/** What a recorder is told of the decision, once it is durable. */
export function decidedBy({ decision, reason, approval }: Intent, at: number): Happening {
  return {
    kind: "decided",
    at,
    decision,
    ...(reason === undefined ? {} : { reason }),
    ...(approval === undefined ? {} : { approval }),
  };
}

function reachOf(fields: Fields, lens: Lens): Reach {
  const readable = readableBody(fields, lens);
  if (!readable.ok) return { kind: "unreadable", reason: readable.error };
  return { kind: "text", lens: readable.value.lens ?? lens, plain: lens };
}

const levels: readonly RecordLevel[] = ["none", "metadata", "full"];

/** The fullest of what all rules order. */
function keepOf(decision: Decision | undefined): Keep | undefined {
  let fullest: Keep | undefined;
  for (const { actions } of decision?.rulings ?? [])
    for (const { keep } of actions)
      if (keep !== undefined) fullest = fullest === undefined ? keep : fuller(fullest, keep);
  return fullest;
}

function fuller(a: Keep, b: Keep): Keep {
  return {
    level: levels.indexOf(a.level) > levels.indexOf(b.level) ? a.level : b.level,
    raw: a.raw || b.raw,
    ...(a.class === undefined && b.class === undefined ? {} : { class: b.class ?? a.class }),
  };
}
