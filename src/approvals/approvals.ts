import type { Clock } from "../base/clock.ts";
import type { Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import type { Ruling } from "../core/decision.ts";
import type { Facts } from "../core/facts.ts";
import type { Masker } from "../core/finding.ts";
import type { ApprovalId } from "../core/ids.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Act, Acts } from "../core/record.ts";
import type { Approval, Terms } from "./approval.ts";
import { askFor } from "./ask.ts";
import { ApprovalMetrics } from "./metrics.ts";
import { Group, type ParkParts } from "./park.ts";
import { type ApprovalQuery, type ApprovalStore, type Change, TooManyPending } from "./store.ts";
import { ticketOf } from "./ticket.ts";
import type { Move, Objection } from "./transition.ts";
import { WaitingRoom } from "./waiting-room.ts";
import { crowded } from "./words.ts";

/** What one rule orders: on whose word, and how long to wait. Times in milliseconds. */
export interface Order {
  readonly terms: Terms;
  /** How long the client is held; the default where absent. */
  readonly hold?: number;
  /** How long people have; the default where absent. */
  readonly within?: number;
  /** What a client that hangs up means: `cancel` its ask, or `keep` it for a retry. */
  readonly onLeave: "cancel" | "keep";
}

/** A word that a person may put in. */
export type Word = Extract<Move, { kind: "approve" | "deny" | "revoke" | "review" }>;

export interface ApprovalsOptions {
  readonly store: ApprovalStore;
  readonly clock: Clock;
  /** Milliseconds: how long a client is held, and how long an approval stays open, where the rule does not say. */
  readonly defaults: { readonly hold: number; readonly expires: number };
  /** The key of bindings: 32 bytes or more, the same in every process that shares the store. */
  readonly key: Secret;
  /** Masks what approvers are shown; without it they see neither body nor query. */
  readonly masker?: Masker;
  /** Where the console is, so that refusals can link to it. */
  readonly consoleUrl?: string;
  /** Where what came of each word is written down; where that cannot be, `say` rejects. */
  readonly acts?: Acts;
}

/** Requests that wait for people, and the people's words on them. Rejections mean that the store cannot tell. */
export interface Approvals {
  /**
   * Asks for one request under one rule, or finds what was asked before. Nothing waits until `settle` is called.
   * Refuses where the caller has too much waiting already.
   */
  park(facts: Facts, ruling: Ruling, order: Order): Promise<Outcome>;
  get(id: ApprovalId): Promise<Approval | undefined>;
  list(query: ApprovalQuery): Promise<readonly Approval[]>;
  say(id: ApprovalId, word: Word): Promise<Result<Approval, Objection>>;
  watch(listener: (change: Change) => void): () => void;
  ready(): Promise<Result<string>>;
  /** Prometheus text, version 0.0.4. */
  metrics(): Promise<string>;
  /** Stops its timers and closes the store. Whoever still waits is refused as pending. */
  close(): Promise<void>;
}

const sweepEvery = 1000;
const lookEvery = 5000;

export function createApprovals(options: ApprovalsOptions): Approvals {
  const { store, clock, defaults, key, masker, consoleUrl } = options;
  const room = new WaitingRoom();
  const metrics = new ApprovalMetrics();
  const groups = new WeakMap<Facts, Group>();
  const parts: ParkParts = {
    store,
    room,
    clock,
    link: (id) =>
      consoleUrl === undefined ? undefined : new URL(`approvals/${id}`, consoleUrl).href,
    resumed: (after) => metrics.resumed(after),
  };
  const unwatch = store.watch(({ id, state, version }) => {
    if (state !== "pending" || version === 1) metrics.reached(state);
    if (state !== "pending") room.wake(id, state);
  });
  const stopSweeping = every(clock, sweepEvery, () => store.sweep());
  // Messages between processes may get lost; looking again makes that a delay.
  const stopLooking = every(clock, lookEvery, () => lookAgain(store, room));
  return {
    async park(facts, ruling, order) {
      const ask = await askFor(facts, ruling, order.terms, order.within ?? defaults.expires, {
        key,
        masker,
      });
      const { record } = facts;
      const found = await store.open(ask, record).catch((error: unknown) => {
        if (error instanceof TooManyPending) return undefined;
        throw error;
      });
      if (found === undefined) return crowded;
      const group = groups.get(facts) ?? new Group(parts);
      groups.set(facts, group);
      const { onLeave, hold = defaults.hold } = order;
      return {
        kind: "park",
        parking: group.park({ ticket: ticketOf(found), record, hold, onLeave }),
      };
    },
    get: (id) => store.get(id),
    list: (query) => store.list(query),
    async say(id, word) {
      const said = await store.apply(id, word);
      await options.acts?.act(actOf(id, word, said));
      if (said.ok && word.kind !== "review" && word.kind !== "revoke") metrics.decided(said.value);
      return said;
    },
    watch: (listener) => store.watch(listener),
    ready: () => store.ready(),
    async metrics() {
      const { count, oldest } = await store.pending();
      const age = oldest === undefined ? 0 : Math.max(0, clock.now() - oldest) / 1000;
      return metrics.text({ pending: count, oldest: age, parked: room.size });
    },
    async close() {
      unwatch();
      stopSweeping();
      stopLooking();
      await store.close();
    },
  };
}

function actOf(subject: ApprovalId, word: Word, said: Result<Approval, Objection>): Act {
  const action = `approval.${word.kind}`;
  const act = { action, actor: word.by.id, subject };
  if (!said.ok) return { ...act, outcome: "failure", detail: said.error };
  const glass = word.kind === "approve" && word.breakGlass ? "break-glass: " : "";
  const words = "reason" in word ? word.reason : "note" in word ? word.note : "";
  const detail = `${said.value.standing.state}; ${glass}${words}`;
  return { ...act, outcome: "success", detail };
}

async function lookAgain(store: ApprovalStore, room: WaitingRoom): Promise<void> {
  const ids = room.ids;
  for (let at = 0; at < ids.length; at += 500) {
    const some = ids.slice(at, at + 500);
    const standings = await store.standings(some);
    for (const [i, id] of some.entries()) if (standings[i]?.state !== "pending") room.wake(id);
  }
}

// A run that fails is not reported: the store tells through `ready`, and the next run tries again.
function every(clock: Clock, ms: number, run: () => Promise<void>): () => void {
  let stopped = false;
  let stop = () => {};
  const plan = () => {
    stop = clock.after(ms, () => {
      run()
        .catch(() => undefined)
        .finally(() => stopped || plan());
    });
  };
  plan();
  return () => {
    stopped = true;
    stop();
  };
}
