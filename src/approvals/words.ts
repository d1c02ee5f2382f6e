import type { ApprovalId } from "../core/ids.ts";
import { type Refuse, refuse } from "../core/outcome.ts";
import type { Standing } from "./approval.ts";
import type { Ticket } from "./ticket.ts";

/** What the client is told while nobody has decided: where to look, and what to do. */
export function stillPending({ id, by, expiresAt }: Ticket, link: string | undefined): Refuse {
  const until = new Date(expiresAt).toISOString();
  return refuse(
    "approval_pending",
    `This needs a person's approval and nothing was sent yet. Approval ${id} is pending with ${by.join(", ")} until ${until}.${see(link)} ` +
      "Once it is approved, repeat the same request: it goes through once.",
  );
}

/** What a caller is told who has asked for too much at once. */
export const crowded: Refuse = refuse(
  "denied",
  "This needs a person's approval, and as many requests of yours wait for people as may at one time. Nothing was sent. " +
    "Repeat it once some of them are decided.",
);

/** What the client is told of an approval that will not be. */
export function turnedDown(id: ApprovalId, standing: Standing): Refuse {
  switch (standing.state) {
    case "denied":
      return refuse("approval_denied", denial(id, standing));
    case "consumed":
      return refuse(
        "approval_expired",
        `Approval ${id} was used up by another copy of this request. Repeat the request to ask again.`,
      );
    case "cancelled":
      return refuse(
        "approval_expired",
        `Approval ${id} was withdrawn. Repeat the request to ask again.`,
      );
    case "expired":
    case "pending":
    case "approved":
      return gone(id);
    default:
      return standing.state satisfies never;
  }
}

/** What the client is told of an approval that time has run out on, or that nobody knows any more. */
export function gone(id: ApprovalId): Refuse {
  return refuse(
    "approval_expired",
    `Approval ${id} expired before it was decided and used. Repeat the request to ask again.`,
  );
}

function denial(id: string, { says }: Standing): string {
  const said = says.findLast(({ verdict }) => verdict === "deny")?.reason ?? "";
  const reason = said === "" ? "" : ` The reason given: ${said}`;
  return `Approval ${id} was denied by a person: this request will not be sent, and repeating it will not help.${reason}`;
}

function see(link: string | undefined): string {
  return link === undefined ? "" : ` It can be seen at ${link}.`;
}
