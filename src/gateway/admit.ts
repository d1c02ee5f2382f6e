import type { Clock } from "../base/clock.ts";
import type { BoundAction, Decision, Ruling, Stage } from "../core/decision.ts";
import type { Facts } from "../core/facts.ts";
import type { ApprovalId } from "../core/ids.ts";
import { type Edits, merge, type Outcome, type Refuse, type Settled } from "../core/outcome.ts";
import type { Arrival } from "./arrival.ts";
import type { Parts } from "./parts.ts";

/** What admission found on its way, for the record, whatever came of it. */
export interface Found {
  facts?: Omit<Facts, "operations" | "body"> & Partial<Facts>;
  /** Stops watching for the identity's revocation. */
  unwatch?: () => void;
  decision?: Decision;
  approval?: ApprovalId;
  /** Milliseconds that the request waited for a person. */
  parkedFor?: number;
}

/** Judges one request, top to bottom: who asks, what for, may they, and make it so. */
export async function admit(parts: Parts, arrival: Arrival, found: Found): Promise<Settled> {
  const { head, target, parser, body } = arrival;
  const identity = await parts.authenticator.authenticate(head);
  if (!identity.ok)
    return { kind: "refuse", code: identity.error.refusal, message: identity.error.message };
  const { principal, session } = identity.value;
  found.unwatch = parts.authenticator.onRevoked(identity.value, arrival.revoked);
  const known = { record: arrival.id, at: arrival.at, principal, session, target, head };
  found.facts = known;

  const read = await body.read(parser);
  if (!read.ok) return { kind: "refuse", ...read.error };
  const policy = parts.policy();
  const told: Facts = { ...known, body: body.judged(), operations: read.value };
  found.facts = told;
  // What is refused in any case is refused without asking the upstream a thing.
  const resolved = policy.forbids(told) ? undefined : await parser.resolve?.();
  if (resolved?.ok === false) return { kind: "refuse", code: "malformed", message: resolved.error };

  const facts: Facts = resolved === undefined ? told : { ...told, operations: resolved.value };
  found.facts = facts;
  const decision = policy.evaluate(facts);
  found.decision = decision;
  return enforce(inOrder(decision), facts, parts.clock, arrival.gone, found);
}

const stages: readonly Stage[] = ["refuse", "wait", "edit"];
type Order = readonly [BoundAction, Ruling];

/** Every action once: each denial before any wait, each wait before any edit. */
function inOrder({ rulings }: Decision): readonly Order[] {
  const orders = new Map<BoundAction, Ruling>();
  for (const ruling of rulings)
    for (const action of ruling.actions) if (!orders.has(action)) orders.set(action, ruling);
  return stages.flatMap((stage) => [...orders].filter(([action]) => action.stage === stage));
}

/** Runs the actions, gathering edits, until one refuses. */
async function enforce(
  orders: readonly Order[],
  facts: Facts,
  clock: Clock,
  gone: AbortSignal,
  found: Found,
): Promise<Settled> {
  let edits: Edits = {};
  for (const [action, ruling] of orders) {
    const outcome = await waited(await action.enforce(facts, ruling), clock, gone, found);
    if (outcome.kind === "refuse") return outcome;
    edits = merge(edits, outcome.edits);
  }
  return gone.aborted ? left : { kind: "proceed", edits };
}

async function waited(
  outcome: Outcome,
  clock: Clock,
  gone: AbortSignal,
  found: Found,
): Promise<Settled> {
  if (outcome.kind !== "park") return outcome;
  const since = clock.now();
  found.approval = outcome.parking.approval;
  const settled = await outcome.parking.settle(gone);
  found.parkedFor = (found.parkedFor ?? 0) + clock.now() - since;
  return settled;
}

/** A verdict for a client that is not there any more is never acted on. */
const left: Refuse = {
  kind: "refuse",
  code: "internal",
  message: "The client left before the answer.",
};
