import { join } from "node:path";
import { expect, test } from "vitest";
import { openAuditLog } from "../../../src/audit/audit-log.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { policyBacktest } from "../../../src/cli/policy-backtest.ts";
import { policyExplain } from "../../../src/cli/policy-explain.ts";
import type { RuleId } from "../../../src/core/ids.ts";
import type { Run } from "../../../src/core/principal.ts";
import { anOperation, someFacts } from "../../support/facts.ts";
import { folder, intent, policy, put, run } from "./policy-folder.ts";

test("policy backtest and explain read the audit log as the gateway writes it", async () => {
  put("policy.yaml", policy);
  const dir = join(folder, "audit");
  const audit = await openAuditLog({ dir, replica: "r1", clock: systemClock });
  const facts = someFacts({
    principal: { run: aRun },
    operations: [anOperation({ name: "repository.create", access: "write" })],
  });
  const { name, kind, upstream } = facts.target.connection;
  await audit.intent({
    id: facts.record,
    at: facts.at,
    decision: "allow",
    method: "POST",
    path: "/orgs/acme/repos",
    connection: { name, kind, upstream: upstream.origin },
    principal: facts.principal,
    session: facts.session,
    operations: facts.operations,
    rules: ["old" as RuleId],
    observed: [],
  });
  await audit.close();
  const { out } = await run(
    policyBacktest,
    "--policy",
    "policy.yaml",
    "--sessions",
    "audit",
    "--json",
  );
  expect(JSON.parse(out)).toMatchObject({
    exchanges: 1,
    skipped: 0,
    changed: { blocked: 1 },
    changes: [{ id: facts.record, before: "allow", now: "deny", rule: "no-create", certain: true }],
  });
  const why = await run(policyExplain, "--record", facts.record, "--sessions", "audit");
  expect(why.out).toContain("by no-create");
});

const aRun: Run = {
  repository: "acme/app",
  repositoryId: "1",
  repositoryOwnerId: "2",
  runId: "3",
  runAttempt: "1",
  actor: "ada",
  actorId: "4",
  workflowRef: "",
  jobWorkflowRef: "",
  environment: "",
  ref: "refs/heads/main",
};

test("policy backtest tells what would now go another way, and fails beyond a threshold", async () => {
  put("policy.yaml", policy);
  put(
    "a.jsonl",
    [
      intent("1", "allow", "repository.create", "write"),
      { event: { kind: "intent", intent: intent("2", "allow", "contents.read", "read") } },
      { intent: intent("3", "deny", "contents.read", "read") },
      { kind: "heartbeat" },
    ]
      .map((line) => JSON.stringify(line))
      .join("\n"),
  );
  const args = ["--policy", "policy.yaml", "--sessions", "."];
  const { status, out } = await run(policyBacktest, ...args);
  expect(status).toBe(0);
  expect(out.split("\n")).toEqual([
    "exchanges 3, not judged 1, uncertain for want of body, headers or claims 0",
    "          now  changed",
    "allowed     2        1",
    "parked      0        0",
    "blocked     1        1",
    "masked      0",
    "1  allow → deny by no-create  repository.create github.com/acme/app",
    "3  deny → allow by reading  contents.read github.com/acme/app",
  ]);
  expect((await run(policyBacktest, ...args, "--fail-on", "blocked=1")).status).toBe(0);
  expect((await run(policyBacktest, ...args, "--fail-on", "blocked=0")).status).toBe(1);
  expect((await run(policyBacktest, ...args, "--fail-on", "parked=0,allowed=33%")).status).toBe(1);
  expect((await run(policyBacktest, ...args, "--fail-on", "bloked=0")).status).toBe(2);
  expect((await run(policyBacktest, ...args, "--against", "policy.yaml", "--json")).out).toContain(
    '"changes":[]',
  );
});

test("policy backtest says where a recording lacks what could change the ruling", async () => {
  put(
    "policy.yaml",
    'rules:\n  - { id: agent, when: { access: read, headers: { user-agent: "gh/**" } }, then: [{ deny: {} }] }\n  - { id: rest, then: [allow] }\n',
  );
  const read = intent("1", "allow", "contents.read", "read");
  const write = intent("2", "allow", "issue.write", "write");
  const known = {
    ...intent("3", "allow", "contents.read", "read"),
    headers: { "user-agent": "gh/2" },
  };
  put("a.jsonl", [read, write, known].map((line) => JSON.stringify(line)).join("\n"));
  const { out } = await run(
    policyBacktest,
    "--policy",
    "policy.yaml",
    "--sessions",
    "a.jsonl",
    "--json",
  );
  const report = JSON.parse(out);
  expect(report).toMatchObject({
    exchanges: 3,
    uncertain: 1,
    changes: [{ id: "3", now: "deny", certain: true }],
  });
});
