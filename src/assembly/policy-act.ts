import type { Act } from "../core/record.ts";
import type { Reload } from "../policy/watch-file.ts";
import { formatProblem } from "../yaml/problem.ts";

/** What the record says of a policy that was loaded, or was not because it is bad; the subject is the digest in force. */
export function policyAct(reload: Reload): Act {
  const rejected = reload.kind === "rejected";
  return {
    action: "policy.load",
    actor: "sallyport",
    subject: reload.policy.digest,
    outcome: rejected ? "failure" : "success",
    ...(rejected ? { detail: reload.problems.map(formatProblem).join("; ") } : {}),
  };
}
