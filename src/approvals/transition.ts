import { err, ok, type Result } from "../base/result.ts";
import { unreachable } from "../base/unreachable.ts";
import type { RecordId } from "../core/ids.ts";
import {
  type Approval,
  type Grant,
  type GrantScope,
  lapsed,
  type Say,
  type Standing,
  type Terms,
} from "./approval.ts";
import { type Approver, named, sameAsRequester, samePerson } from "./approver.ts";

/** Something that may change where an approval stands. */
export type Move =
  | {
      readonly kind: "approve";
      readonly by: Approver;
      readonly reason: string;
      readonly breakGlass: boolean;
      readonly grant?: { readonly scope: GrantScope; readonly within: number };
    }
  | { readonly kind: "deny"; readonly by: Approver; readonly reason: string }
  /** The same request came again, in another exchange. */
  | { readonly kind: "join"; readonly by: RecordId }
  /** The client of that exchange left. */
  | { readonly kind: "cancel"; readonly by: RecordId }
  | { readonly kind: "consume"; readonly by: RecordId }
  | { readonly kind: "expire" }
  /** Takes back an unused approval, and the grant that came with it. */
  | { readonly kind: "revoke"; readonly by: Approver }
  | { readonly kind: "review"; readonly by: Approver; readonly note: string };

/** Why a move was not made. */
export type Objection =
  | "unknown"
  | "requester"
  | "not_entitled"
  | "not_pending"
  | "not_approved"
  | "expired"
  | "said_already"
  | "reason_required"
  | "not_grantable"
  | "superseded"
  | "nothing_to_revoke"
  | "nothing_to_review"
  | "not_yet";

type Moved = Result<Standing, Objection>;

/** The only way an approval changes: gives the next standing, or why there is none. Pure; `now` is the store's time. */
export function transition(approval: Approval, move: Move, now: number): Moved {
  const { standing } = approval;
  switch (move.kind) {
    case "approve":
      return approve(approval, move, now);
    case "deny":
      return deny(approval, move, now);
    case "join":
      return join(standing, move.by, now);
    case "cancel":
      return cancel(standing, move.by, now);
    case "consume":
      return use(standing, move.by, now);
    case "expire":
      return expire(standing, now);
    case "revoke":
      return revoke(approval, move.by, now);
    case "review":
      return review(approval, move, now);
    default:
      return unreachable(move);
  }
}

function join(standing: Standing, by: RecordId, now: number): Moved {
  if (standing.state !== "pending") return err("not_pending");
  return lapsed(standing, now) ? err("expired") : next(standing, { askedBy: by });
}

function cancel(standing: Standing, by: RecordId, now: number): Moved {
  if (standing.state !== "pending") return err("not_pending");
  if (standing.askedBy !== by) return err("superseded");
  return next(standing, { state: "cancelled", settledAt: now });
}

/** The move `consume`, which needs to know nothing of what was asked. */
export function use(standing: Standing, by: RecordId, now: number): Moved {
  if (standing.state !== "approved") return err("not_approved");
  if (lapsed(standing, now)) return err("expired");
  return next(standing, { state: "consumed", used: { by, at: now } });
}

function expire(standing: Standing, now: number): Moved {
  if (!lapsed(standing, now)) return err("not_yet");
  return next(standing, { state: "expired", settledAt: standing.settledAt ?? now });
}

function approve(
  { ask, standing }: Approval,
  move: Extract<Move, { kind: "approve" }>,
  now: number,
): Moved {
  const glass = move.breakGlass ? ask.terms.breakGlass : undefined;
  const { by, count } = move.breakGlass ? (glass ?? { by: [], count: 0 }) : ask.terms;
  const objection = mayDecide({ ask, standing }, move.by, by, now) ?? mayApproveSo(move, ask.terms);
  if (objection !== undefined) return err(objection);
  const says = [...standing.says, sayOf(move, "approve", now)];
  const counted = says.filter((say) => say.breakGlass === move.breakGlass);
  if (counted.length < count) return next(standing, { says });
  const grant = grantOf(counted, ask.grantKeys, now);
  return next(standing, {
    state: "approved",
    says,
    settledAt: now,
    ...(grant === undefined ? {} : { grant }),
    ...(glass === undefined
      ? {}
      : { review: {}, expiresAt: Math.min(standing.expiresAt, now + glass.within) }),
  });
}

function mayApproveSo(
  move: Extract<Move, { kind: "approve" }>,
  { reason, grants }: Terms,
): Objection | undefined {
  if ((reason === "required" || move.breakGlass) && move.reason === "") return "reason_required";
  const { grant } = move;
  if (grant === undefined) return undefined;
  const asOffered =
    grants?.scopes.includes(grant.scope) && grant.within > 0 && grant.within <= grants.upTo;
  return asOffered && !move.breakGlass ? undefined : "not_grantable";
}

// One denial settles it, whatever others have said: also by those who may break the glass.
function deny(approval: Approval, move: Extract<Move, { kind: "deny" }>, now: number): Moved {
  const { terms } = approval.ask;
  const objection = mayDecide(
    approval,
    move.by,
    [...terms.by, ...(terms.breakGlass?.by ?? [])],
    now,
  );
  if (objection !== undefined && objection !== "said_already") return err(objection);
  if (terms.reason === "required" && move.reason === "") return err("reason_required");
  const says = [...approval.standing.says, sayOf(move, "deny", now)];
  return next(approval.standing, { state: "denied", says, settledAt: now });
}

function mayDecide(
  { ask, standing }: Approval,
  by: Approver,
  entitled: readonly string[],
  now: number,
): Objection | undefined {
  if (sameAsRequester(by, ask.requester)) return "requester";
  if (!named(by, entitled)) return "not_entitled";
  if (standing.state === "expired" || lapsed(standing, now)) return "expired";
  if (standing.state !== "pending") return "not_pending";
  return standing.says.some((say) => samePerson(by, say)) ? "said_already" : undefined;
}

// A grant needs every approver's word: the scope that all of them named, for the shortest of their times.
function grantOf(
  says: readonly Say[],
  keys: Approval["ask"]["grantKeys"],
  now: number,
): Grant | undefined {
  const scope = says[0]?.grant?.scope;
  if (scope === undefined || says.some((say) => say.grant?.scope !== scope)) return undefined;
  const within = Math.min(...says.map((say) => say.grant?.within ?? 0));
  return { scope, key: keys[scope], until: now + within };
}

function revoke({ ask, standing }: Approval, by: Approver, now: number): Moved {
  if (!named(by, [...ask.terms.by, ...(ask.terms.breakGlass?.by ?? [])]))
    return err("not_entitled");
  const { grant, state } = standing;
  const standingGrant = grant !== undefined && grant.revoked === undefined && now < grant.until;
  if (state !== "approved" && !standingGrant) return err("nothing_to_revoke");
  return next(standing, {
    ...(state === "approved" ? { state: "cancelled" } : {}),
    ...(grant === undefined ? {} : { grant: { ...grant, revoked: { by: by.id, at: now } } }),
  });
}

// Whoever opened the gate does not sign off on it, nor does the one who went through.
function review(
  { ask, standing }: Approval,
  { by, note }: Extract<Move, { kind: "review" }>,
  now: number,
): Moved {
  if (standing.review === undefined || standing.review.done !== undefined)
    return err("nothing_to_review");
  if (sameAsRequester(by, ask.requester)) return err("requester");
  if (standing.says.some((say) => samePerson(by, say))) return err("said_already");
  if (!named(by, [...ask.terms.by, ...(ask.terms.breakGlass?.by ?? [])]))
    return err("not_entitled");
  if (note === "") return err("reason_required");
  return next(standing, { review: { done: { by: by.id, note, at: now } } });
}

function sayOf(
  move: Extract<Move, { kind: "approve" | "deny" }>,
  verdict: Say["verdict"],
  at: number,
): Say {
  const { by, reason } = move;
  const grant = move.kind === "approve" ? move.grant : undefined;
  const breakGlass = move.kind === "approve" && move.breakGlass;
  return {
    by: by.id,
    aliases: by.aliases,
    verdict,
    reason,
    at,
    breakGlass,
    ...(grant === undefined ? {} : { grant }),
  };
}

function next(standing: Standing, change: Partial<Standing>): Moved {
  return ok({ ...standing, ...change, version: standing.version + 1 });
}
