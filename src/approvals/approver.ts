import type { Principal } from "../core/principal.ts";
import type { Requester, Say } from "./approval.ts";

/** A person who has something to say on an approval. */
export interface Approver {
  readonly id: string;
  readonly groups: readonly string[];
  /** Lower case: every name by which they might be known elsewhere. */
  readonly aliases: readonly string[];
}

// Claims by which identity providers name one and the same person; a needless match only refuses.
const namingClaims = [
  "actor",
  "actor_id",
  "triggering_actor",
  "login",
  "preferred_username",
  "nickname",
  "github_login",
  "user_login",
  "upn",
  "email",
];

export function approverOf(principal: Principal): Approver {
  return { id: principal.id, groups: principal.groups, aliases: aliasesOf(principal) };
}

export function requesterOf(principal: Principal): Requester {
  return {
    id: principal.id,
    aliases: aliasesOf(principal),
    ...(principal.run === undefined ? {} : { run: principal.run }),
  };
}

/** Whether `names` (`group:name` or principal ids) name this approver. */
export function named(approver: Approver, names: readonly string[]): boolean {
  return names.some((name) =>
    name.startsWith("group:")
      ? approver.groups.includes(name.slice("group:".length))
      : name === approver.id,
  );
}

/** Whether an approver is, by any of their names, the requester or the actor behind the requester. */
export function sameAsRequester(approver: Approver, requester: Requester): boolean {
  return approver.id === requester.id || overlap(approver.aliases, requester.aliases);
}

/** Whether an approver has, by any of their names, had this say already. */
export function samePerson(approver: Approver, say: Pick<Say, "by" | "aliases">): boolean {
  return approver.id === say.by || overlap(approver.aliases, say.aliases);
}

function overlap(some: readonly string[], others: readonly string[]): boolean {
  return some.some((name) => others.includes(name));
}

function aliasesOf(principal: Principal): readonly string[] {
  const names: unknown[] = [
    principal.id,
    principal.subject,
    principal.run?.actor,
    principal.run?.actorId,
    ...namingClaims.map((claim) => principal.claims[claim]),
  ];
  const told = names.filter((name) => typeof name === "string" || typeof name === "number");
  return [...new Set(told.map((name) => String(name).toLowerCase()).filter((name) => name !== ""))];
}
