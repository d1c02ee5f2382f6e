import { expect, test } from "vitest";
import type { Facts } from "../../../src/core/facts.ts";
import { backtest } from "../../../src/policy/cases/backtest.ts";
import { readRecorded } from "../../../src/policy/cases/recorded.ts";
import { parsePolicy } from "../../../src/policy/parse.ts";
import { formatProblem } from "../../../src/yaml/problem.ts";
import { anOperation, someFacts } from "../../support/facts.ts";
import { paperActions } from "../../support/paper-actions.ts";

const text = `lists: { main: [main, "release/**"] }
rules:
  - { id: main, when: { access: write, attributes: { branch: "@main" } }, then: [{ deny: {} }] }
  - { id: team, when: { access: write, principal: { groups: platform } }, then: [inject] }
  - { id: ask, when: { operation: "repository.*", access: write }, then: [{ approve: { by: group:x } }] }
  - { id: night, when: { time: { from: "22:00", to: "06:00" } }, then: [{ deny: {} }] }
  - { id: reading, when: { access: read }, then: [mask, inject] }
`;
const policy = parsePolicy([{ file: "p.yaml", text }], new Map(), { actions: paperActions() });
if (!policy.ok) throw new Error(policy.error.map(formatProblem).join("\n"));
const law = policy.value;

const names = ["push", "repository.create", "contents.read", "issue.write"];
const branches = ["main", "topic", "release/1"];
const exchanges: readonly Facts[] = Array.from({ length: 1_000 }, (_, index) =>
  someFacts({
    at: new Date(1_780_000_000_000 + index * 1_234_567).toISOString(),
    principal: { groups: index % 5 === 0 ? ["platform"] : [] },
    operations: names.slice(index % 4, (index % 4) + 1 + (index % 2)).map((name) =>
      anOperation({
        name,
        access: name.endsWith("read") ? "read" : "write",
        attributes: { branch: branches[index % 3] ?? "" },
        ...(index % 7 === 0 ? { unknown: ["branch"] } : {}),
      }),
    ),
  }),
);

/** An exchange as the audit log keeps it. */
function record(facts: Facts, index: number): unknown {
  const { claims: _, ...principal } = facts.principal;
  const { name, kind } = facts.target.connection;
  return JSON.parse(
    JSON.stringify({
      event: {
        kind: "intent",
        intent: {
          id: String(index),
          at: facts.at,
          decision: "allow",
          method: "GET",
          path: "/",
          connection: { name, kind, upstream: "https://api.github.com" },
          principal,
          session: facts.session,
          operations: facts.operations,
          rules: ["old"],
          observed: [],
        },
      },
    }),
  );
}

test("a backtest over a thousand recorded exchanges says exactly what the policy then does to each", () => {
  const recorded = exchanges.map(record).map((value) => {
    const read = readRecorded(value);
    if (!read.ok) throw new Error(read.error);
    return read.value;
  });
  const started = performance.now();
  const report = backtest(law, recorded);
  expect(performance.now() - started).toBeLessThan(5_000);
  const outcomes = exchanges.map((facts) => {
    const stages = law.evaluate(facts).rulings.flatMap(({ actions }) => actions);
    if (stages.some(({ name }) => name === "deny")) return "deny";
    return stages.some(({ stage }) => stage === "wait") ? "approve" : "allow";
  });
  const count = (wanted: string) => outcomes.filter((outcome) => outcome === wanted).length;
  expect(report.exchanges).toBe(1_000);
  expect(report.uncertain).toBe(0);
  expect(report.now).toMatchObject({
    allowed: count("allow"),
    parked: count("approve"),
    blocked: count("deny"),
  });
  for (const { id, now } of report.changes) expect(now).toBe(outcomes[Number(id)]);
  expect(report.changes).toHaveLength(1_000 - count("allow"));
  expect(Math.min(report.now.allowed, report.now.parked, report.now.blocked)).toBeGreaterThan(20);
});

test("a record from which something was left out is not judged", () => {
  const [first] = exchanges.map(record) as { event: { intent: object } }[];
  const intent = first?.event.intent ?? {};
  expect(readRecorded(intent).ok).toBe(true);
  expect(readRecorded({ ...intent, more: { count: 1, digest: "" } }).ok).toBe(false);
  const operations = [anOperation({ attributes: { "sallyport.dropped": 2 } })];
  expect(readRecorded({ ...intent, operations }).ok).toBe(false);
});

test("a record without an identity or an operation is not judged", () => {
  expect(readRecorded({ id: "1" }).ok).toBe(false);
  expect(readRecorded(undefined).ok).toBe(false);
});
