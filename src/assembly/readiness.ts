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
