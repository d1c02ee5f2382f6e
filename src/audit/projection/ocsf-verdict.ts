import { unreachable } from "../../base/unreachable.ts";
import type { DecisionWord } from "../../core/record.ts";
import type { Exchange } from "../record/exchange.ts";

/** What became of an exchange in the words of the OCSF profile `security_control` (1.8). */
export interface Verdict {
  readonly disposition: number;
  readonly action: number;
  readonly status: number;
}

const allowed = 1;
const denied = 2;

/** Allowed or corrected (masked), blocked, approved, delayed or rejected by a person, or an error of ours. */
export function dispositionOf({ intent, completion }: Exchange): Verdict {
  const succeeded = completion?.end === "completed" ? 1 : 2;
  switch (intent.decision) {
    case "allow": {
      const masked = Object.keys(completion?.masks ?? {}).length > 0;
      return { disposition: masked ? 11 : 1, action: allowed, status: succeeded };
    }
    case "deny":
      return { disposition: 2, action: denied, status: 2 };
    case "approve":
      if (completion?.end === "completed")
        return { disposition: 8, action: allowed, status: succeeded };
      return { disposition: completion?.end === "refused" ? 14 : 0, action: denied, status: 2 };
    case "error":
      return { disposition: 27, action: denied, status: 2 };
    default:
      return unreachable(intent.decision);
  }
}

/** OCSF severity: a denial is worth a look, an error of ours more. */
export function severityOf(decision: DecisionWord): number {
  switch (decision) {
    case "allow":
    case "approve":
      return 1;
    case "deny":
      return 2;
    case "error":
      return 3;
    default:
      return unreachable(decision);
  }
}
