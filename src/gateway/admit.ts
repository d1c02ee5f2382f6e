import type { Draft } from "../base/draft.ts";
import type { BoundAction, Decision, Ruling, Stage } from "../core/decision.ts";
import type { Gone } from "../core/departure.ts";
import type { Facts } from "../core/facts.ts";
import type { Masker } from "../core/finding.ts";
import type { ApprovalId } from "../core/ids.ts";
import {
  type Edits,
  handedOver,
  merge,
  type Parking,
  proceed,
  type Refuse,
  type Settled,
} from "../core/outcome.ts";
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
  const known: Draft<NonNullable<Found["facts"]>> = {
    record: arrival.id,
    at: arrival.at,
    principal,
    session,
    target,
    head,
  };
  found.facts = known;

  const read = await body.read(parser);
  if (!read.ok) return { kind: "refuse", ...read.error };
  const policy = parts.policy();
  const facts: Draft<Facts> = Object.assign(known, {
    body: body.judged(),
    operations: read.value,
  });
  // What is refused in any case is refused without asking the upstream a thing.
  const resolved =
    parser.resolve === undefined || policy.forbids(facts) ? undefined : await parser.resolve();
  if (resolved?.ok === false) return { kind: "refuse", code: "malformed", message: resolved.error };

  if (resolved !== undefined) facts.operations = resolved.value;
  // Each has a name before it has its place: V8 puts a function that is written where it is assigned to a member among
  // what is old, and all that it closes over then outlives every collection but a full one.
  const changes = async () => parser.changes?.();
  const look = (masker: Masker) => arrival.look(arrival, masker);
  if (parser.changes !== undefined) facts.changes = changes;
  facts.look = look;
  const decision = policy.evaluate(facts);
  found.decision = decision;
  const unrecorded = arrival.judged(arrival);
  if (unrecorded !== undefined) return unrecorded;
  return enforce(decision, facts, parts, arrival, found);
}

type Order = readonly [BoundAction, Ruling];

/** Every action of that stage, once. */
function ofStage(stage: Stage, { rulings }: Decision): readonly Order[] {
  const orders: Order[] = [];
  for (const ruling of rulings)
    for (const action of ruling.actions)
      if (
        action.stage === stage &&
        (rulings.length === 1 || !orders.some(([one]) => one === action))
      )
        orders.push([action, ruling]);
  return orders;
}

/** Denials first, then people, asked all at once, and edits only for what goes on. */
async function enforce(
  decision: Decision,
  facts: Facts,
  parts: Pick<Parts, "clock" | "room">,
  arrival: Pick<Arrival, "gone" | "parked">,
  found: Found,
): Promise<Settled> {
  // Each denial before any wait, each wait before any edit.
  const first = ofStage("refuse", decision).concat(ofStage("wait", decision));
  const judged = first.length === 0 ? nothingRan : await run(first, facts);
  if (judged.kind === "refuse") return judged;
  if (judged.parked.length > 0) {
    const refused = await waited(judged.parked, parts, arrival, found);
    if (refused !== undefined) return refused;
  }
  const edited = await run(ofStage("edit", decision), facts);
  if (edited.kind === "refuse") return edited;
  if (edited.parked.length > 0) throw new TypeError("an edit cannot ask people");
  const { aborted, reason } = arrival.gone;
  return aborted && reason !== handedOver
    ? left
    : { kind: "proceed", edits: merge(judged.edits, edited.edits) };
}

interface Ran {
  readonly kind: "ran";
  readonly edits: Edits;
  readonly parked: readonly Parking[];
}

const nothingRan: Ran = { kind: "ran", edits: proceed.edits, parked: [] };

/** Runs actions in order until one refuses. */
async function run(orders: readonly Order[], facts: Facts): Promise<Ran | Refuse> {
  let edits = proceed.edits;
  let parked: readonly Parking[] = [];
  for (const [action, ruling] of orders) {
    const answer = action.enforce(facts, ruling);
    const outcome = answer instanceof Promise ? await answer : answer;
    if (outcome.kind === "refuse") return outcome;
    // As long as it must be: one that is pushed to has room for sixteen more, and is kept while they wait.
    if (outcome.kind === "park") parked = parked.concat(outcome.parking);
    else edits = merge(edits, outcome.edits);
  }
  return { kind: "ran", edits, parked };
}

/**
 * Waits for all of them; gives the first that says no. No async function: what one keeps while it waits is many times as
 * much, and thousands may wait.
 */
function waited(
  parked: readonly Parking[],
  { clock, room }: Pick<Parts, "clock" | "room">,
  { gone, parked: tell }: Pick<Arrival, "gone" | "parked">,
  found: Found,
): Promise<Refuse | undefined> {
  const [first] = parked;
  if (first === undefined) return Promise.resolve(undefined);
  const since = clock.now();
  found.approval = first.approval;
  for (const { approval } of parked) tell(approval);
  const settled = parked.length === 1 ? first.settle(gone) : together(parked, gone);
  return settled.then(async (outcome) => {
    found.parkedFor = (found.parkedFor ?? 0) + clock.now() - since;
    // Thousands may go on at once, and each has some way to go.
    await room.turn();
    return outcome.kind === "refuse" ? outcome : undefined;
  });
}

async function together(parked: readonly Parking[], gone: Gone): Promise<Settled> {
  const outcomes = await Promise.all(parked.map((parking) => parking.settle(gone)));
  return outcomes.find(({ kind }) => kind === "refuse") ?? proceed;
}

/** A verdict for a client that is not there any more is never acted on. */
const left: Refuse = {
  kind: "refuse",
  code: "internal",
  message: "The client left before the answer.",
};
