import { describe, expect, it } from "vitest";
import { ocsfEvents } from "../../../src/audit/projection/ocsf.ts";
import { completionEntry, intentEntry } from "../../../src/audit/record/entry.ts";
import type { Exchange, Item } from "../../../src/audit/record/exchange.ts";
import type { Completion, Intent } from "../../../src/core/record.ts";
import { ocsfProblems } from "./ocsf/check.ts";
import { sampleCompletion, sampleIntent } from "./sample.ts";

function exchange(over: Partial<Intent> = {}, end?: Partial<Completion>): Exchange {
  const sample = sampleIntent(over);
  const intent = intentEntry(sample, (text) => text);
  if (end === undefined) return { kind: "exchange", replica: "r1", intent };
  const completion = completionEntry(sampleCompletion(sample, end), (text) => text);
  return { kind: "exchange", replica: "r1", intent, completion };
}

const { principal: _, ...withoutPrincipal } = sampleIntent({
  decision: "deny",
  reason: "No token.",
});
const model = {
  protocol: "chat",
  name: "model.call",
  access: "read",
  resource: "api.githubcopilot.com",
  attributes: { model: "gpt-5" },
} as const;
const logon = {
  protocol: "sallyport",
  name: "oauth2.post",
  access: "write",
  resource: "oauth2/token",
  attributes: {},
} as const;
const act = {
  action: "approval.approve",
  actor: "oidc:alice",
  subject: "apr_1",
  outcome: "success",
} as const;
const record = {
  v: 1,
  replica: "r1",
  boot: 1,
  seq: 0,
  n: 0,
  at: 1_790_000_000_000,
  prev: "",
  event: { kind: "act", act },
} as const;

const items: readonly [
  string,
  Item,
  { class_uid: number; disposition_id?: number; count: number },
][] = [
  [
    "an allowed exchange",
    exchange({}, { findings: [] }),
    { class_uid: 6003, disposition_id: 1, count: 1 },
  ],
  ["one with masked secrets", exchange({}, {}), { class_uid: 6003, disposition_id: 11, count: 2 }],
  [
    "a denied one",
    exchange({ decision: "deny", reason: "No." }, { end: "refused", status: 403, findings: [] }),
    { class_uid: 6003, disposition_id: 2, count: 1 },
  ],
  [
    "one that waits for a person",
    exchange({ decision: "approve" }, { end: "refused", status: 403, findings: [] }),
    { class_uid: 6003, disposition_id: 14, count: 1 },
  ],
  [
    "one that a person approved",
    exchange({ decision: "approve" }, { findings: [] }),
    { class_uid: 6003, disposition_id: 8, count: 1 },
  ],
  [
    "an error of ours",
    exchange({ decision: "error" }, { end: "refused", status: 503, findings: [] }),
    { class_uid: 6003, disposition_id: 27, count: 1 },
  ],
  ["one that never ended", exchange(), { class_uid: 6003, count: 1 }],
  [
    "a model call",
    exchange(
      { operations: [model] },
      { model: { name: "gpt-5-2026", inputTokens: 5, outputTokens: 7 }, findings: [] },
    ),
    { class_uid: 6003, count: 1 },
  ],
  [
    "a token exchange",
    exchange({ operations: [logon] }, { findings: [] }),
    { class_uid: 3002, disposition_id: 1, count: 1 },
  ],
  [
    "a caller whom we do not know",
    { kind: "exchange", replica: "r1", intent: intentEntry(withoutPrincipal, (text) => text) },
    { class_uid: 3002, disposition_id: 2, count: 1 },
  ],
  ["an act", { kind: "act", record, act }, { class_uid: 6003, count: 1 }],
];

describe("OCSF 1.8 events", () => {
  it.each(items)("of %s keep to the schema", (_, item, { count, ...expected }) => {
    const events = ocsfEvents(item);
    for (const event of events) expect(ocsfProblems(event)).toEqual([]);
    expect(events).toHaveLength(count);
    expect(events[0]).toMatchObject(expected);
  });

  it("tell a masked secret as a finding, by rule and fingerprint, never by value", () => {
    const [, finding] = ocsfEvents(exchange({}, {}));
    expect(finding).toMatchObject({
      class_uid: 2006,
      disposition_id: 11,
      finding_info: { types: ["aws-key"] },
      unmapped: { fingerprints: ["f1"] },
    });
  });

  it("are refused by the check when they are wrong", () => {
    const [event = {}] = ocsfEvents(exchange({}, { findings: [] }));
    const { actor: _actor, ...lacking } = event;
    expect(ocsfProblems(lacking)).toEqual(["actor is missing"]);
    expect(ocsfProblems({ ...event, surprise: 1 })).toEqual(["surprise is unknown"]);
    expect(ocsfProblems({ ...event, disposition_id: 77 })).toEqual([
      "disposition_id has no value 77",
    ]);
    expect(ocsfProblems({ ...event, time: "now" })).toEqual(["time is no timestamp_t: now"]);
    expect(ocsfProblems({ ...event, type_uid: 1 })).toEqual(["type_uid"]);
    expect(
      ocsfProblems({ ...event, metadata: { product: { name: "x" }, version: "1.8.0" } }),
    ).not.toEqual([]);
  });
});
