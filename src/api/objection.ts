import type { Objection } from "../approvals/transition.ts";
import { unreachable } from "../base/unreachable.ts";
import type { Problem } from "./problem.ts";

/** Why a word was not taken, as a caller hears it. */
export function problemOf(objection: Objection): Problem {
  switch (objection) {
    case "unknown":
      return told(404, objection, "There is no such approval.");
    case "requester":
      return told(403, objection, "Nobody decides on their own request.");
    case "not_entitled":
      return told(403, objection, "The rule does not name you for this.");
    case "not_pending":
      return told(409, "settled", "This is settled already.");
    case "not_approved":
      return told(409, "settled", "This is not approved.");
    case "superseded":
    case "not_yet":
      return told(409, objection, "The approval has moved on.");
    case "said_already":
      return told(409, objection, "You have had your say on this already.");
    case "expired":
      return told(410, objection, "The time for this is over. The request must be made again.");
    case "reason_required":
      return told(422, objection, "A reason is required.");
    case "not_grantable":
      return told(422, objection, "The rule does not offer such a grant, or not for so long.");
    case "nothing_to_revoke":
      return told(409, objection, "There is no unused approval and no grant to take back.");
    case "nothing_to_review":
      return told(409, objection, "There is nothing to review, or it has been reviewed.");
    default:
      return unreachable(objection);
  }
}

function told(status: Problem["status"], code: string, detail: string): Problem {
  return { status, code, detail };
}
