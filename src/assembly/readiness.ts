import type { Readiness } from "../api/api.ts";
import { formatProblem } from "../yaml/problem.ts";
import type { House } from "./house.ts";

/** What must work for the gateway to be of use: state, audit, policy. */
export async function readiness({
  approvals,
  audit,
  policy,
}: House): Promise<readonly Readiness[]> {
  const state = await approvals.ready();
  const log = audit.ready();
  const problems = policy.problems();
  return [
    { name: "state", ok: state.ok, detail: state.ok ? state.value : state.error },
    { name: "audit", ok: log.ok, detail: log.ok ? "writable" : log.error },
    {
      name: "policy",
      ok: true,
      detail:
        problems.length === 0
          ? `in force: ${policy.current().digest}`
          : `the last good one is in force: ${problems.map(formatProblem).join("; ")}`,
    },
  ];
}

/** Prometheus text exposition, version 0.0.4. */
export async function metricsText({ approvals, audit, policy }: House): Promise<string> {
  const { records, spansSent, spansRefused } = audit.counts();
  const lines: readonly (readonly [string, string, number])[] = [
    ["sallyport_audit_records_total", "Audit records written by this process.", records],
    ["sallyport_audit_spans_sent_total", "Spans that the collector has taken.", spansSent],
    ["sallyport_audit_spans_refused_total", "Spans that the collector has refused.", spansRefused],
    [
      "sallyport_policy_reload_failed",
      "1 while the policy file is bad and the last good policy is in force.",
      policy.problems().length === 0 ? 0 : 1,
    ],
  ];
  const own = lines
    .map(([name, help, value]) => {
      const type = name.endsWith("_total") ? "counter" : "gauge";
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`;
    })
    .join("");
  return own + (await approvals.metrics());
}
