import type { ApprovalId } from "../core/ids.ts";
import { type Approval, type Ask, grantHolds, lapsed, type Standing } from "./approval.ts";
import { type Notice, noticesOf, parseNotice } from "./outbox.ts";
import { inOrder, isBehind } from "./place.ts";
import type { ApprovalQuery } from "./store.ts";

/** One line of the journal: an ask with its standing at that time, or the new standing of one asked before. */
export type Entry =
  | {
      readonly kind: "ask";
      readonly ask: Ask;
      readonly standing: Standing;
      /** Whether its notices are not to be made from this line, because they stand in lines of their own. */
      readonly told?: true;
    }
  | { readonly kind: "standing"; readonly id: ApprovalId; readonly standing: Standing }
  /** When a notice is due next (ms since the epoch); 0: it is done. */
  | {
      readonly kind: "notice";
      readonly key: string;
      readonly due: number;
      readonly attempts: number;
    };

/** All approvals of one process, in memory, with the ways to find them. */
export class Ledger {
  readonly #approvals = new Map<ApprovalId, Approval>();
  readonly #bindings = new Map<string, ApprovalId>();
  readonly #grants = new Map<string, ApprovalId>();
  readonly #open = new Set<ApprovalId>();
  readonly #notices = new Map<string, { readonly due: number; readonly attempts: number }>();
  readonly #sinks: readonly string[];

  constructor(sinks: readonly string[]) {
    this.#sinks = sinks;
  }

  /** Takes an entry in. The same entry twice changes nothing more. */
  add(entry: Entry): void {
    if (entry.kind === "notice") {
      if (entry.due === 0) this.#notices.delete(entry.key);
      else this.#notices.set(entry.key, { due: entry.due, attempts: entry.attempts });
      return;
    }
    if (entry.kind === "ask") this.#bindings.set(entry.ask.binding, entry.ask.id);
    const known = entry.kind === "ask" ? undefined : this.#approvals.get(entry.id);
    const ask = entry.kind === "ask" ? entry.ask : known?.ask;
    if (ask === undefined) throw new Error("a journal entry names an approval never asked");
    const approval = { ask, standing: entry.standing };
    if (!(entry.kind === "ask" && entry.told))
      for (const key of noticesOf(this.#sinks, known?.standing.state, {
        id: ask.id,
        state: entry.standing.state,
      }))
        this.#notices.set(key, { due: 1, attempts: 0 });
    this.#put(approval);
  }

  /** Notices that are due, oldest first. */
  due(now: number): readonly Notice[] {
    return [...this.#notices]
      .filter(([, { due }]) => due <= now)
      .flatMap(([key, { attempts }]) => parseNotice(key, attempts) ?? []);
  }

  get(id: ApprovalId): Approval | undefined {
    return this.#approvals.get(id);
  }

  /** The approval whose grant covers this ask now. */
  granted(ask: Ask, now: number): Approval | undefined {
    for (const key of [ask.grantKeys.session, ask.grantKeys.resource]) {
      const id = this.#grants.get(key);
      const approval = id === undefined ? undefined : this.#approvals.get(id);
      if (approval !== undefined && grantHolds(approval.standing, now)) return approval;
    }
    return undefined;
  }

  /** The approval that was asked last with this binding. */
  bound(binding: string): Approval | undefined {
    const id = this.#bindings.get(binding);
    return id === undefined ? undefined : this.#approvals.get(id);
  }

  /** Newest first. */
  list({ state, limit = 200, before }: ApprovalQuery): Approval[] {
    const source =
      state === "pending"
        ? [...this.#open].flatMap((id) => this.#approvals.get(id) ?? [])
        : [...this.#approvals.values()];
    return source
      .filter(({ standing }) => state === undefined || standing.state === state)
      .filter((approval) => before === undefined || isBehind(approval, before))
      .sort(inOrder)
      .slice(0, limit);
  }

  /** Those that time has run out on, but that are not expired yet. */
  overdue(now: number): readonly Approval[] {
    return [...this.#open]
      .flatMap((id) => this.#approvals.get(id) ?? [])
      .filter(({ standing }) => lapsed(standing, now));
  }

  /** How many are pending, and the time of the oldest. */
  pending(): { readonly count: number; readonly oldest?: number } {
    const times = [...this.#open].flatMap((id) => {
      const standing = this.#approvals.get(id)?.standing;
      return standing?.state === "pending" ? [standing.askedAt] : [];
    });
    const oldest = times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
    return times.length === 0 ? { count: 0 } : { count: times.length, oldest };
  }

  /** How many are pending of one requester. */
  pendingOf(requester: string, now: number): number {
    let count = 0;
    for (const id of this.#open) {
      const approval = this.#approvals.get(id);
      if (approval === undefined || approval.ask.requester.id !== requester) continue;
      if (approval.standing.state === "pending" && !lapsed(approval.standing, now)) count += 1;
    }
    return count;
  }

  /** Drops what was over before that time (ms since the epoch), grants that hold excepted. */
  forget(before: number, now: number): void {
    for (const [id, { ask, standing }] of this.#approvals) {
      if (this.#open.has(id) || standing.expiresAt >= before || grantHolds(standing, now)) continue;
      this.#approvals.delete(id);
      if (this.#bindings.get(ask.binding) === id) this.#bindings.delete(ask.binding);
      if (standing.grant !== undefined) this.#grants.delete(standing.grant.key);
    }
  }

  /** Everything, as entries from which an equal ledger can be made. */
  *entries(): Iterable<Entry> {
    for (const { ask, standing } of this.#approvals.values())
      yield { kind: "ask", ask, standing, told: true };
    for (const [key, { due, attempts }] of this.#notices)
      yield { kind: "notice", key, due, attempts };
  }

  #put(approval: Approval): void {
    const { ask, standing } = approval;
    this.#approvals.set(ask.id, approval);
    if (standing.grant !== undefined) this.#grants.set(standing.grant.key, ask.id);
    if (standing.state === "pending" || standing.state === "approved") this.#open.add(ask.id);
    else this.#open.delete(ask.id);
  }
}
