import type { ApprovalId } from "../core/ids.ts";
import { type Approval, type Ask, grantHolds, lapsed, type Standing } from "./approval.ts";
import type { ApprovalQuery } from "./store.ts";

/** One line of the journal: an ask with its standing at that time, or the new standing of one asked before. */
export type Entry =
  | { readonly kind: "ask"; readonly ask: Ask; readonly standing: Standing }
  | { readonly kind: "standing"; readonly id: ApprovalId; readonly standing: Standing };

/** All approvals of one process, in memory, with the ways to find them. */
export class Ledger {
  readonly #approvals = new Map<ApprovalId, Approval>();
  readonly #bindings = new Map<string, ApprovalId>();
  readonly #grants = new Map<string, ApprovalId>();
  readonly #open = new Set<ApprovalId>();

  /** Takes an entry in. The same entry twice changes nothing more. */
  add(entry: Entry): void {
    if (entry.kind === "ask") this.#bindings.set(entry.ask.binding, entry.ask.id);
    const ask = entry.kind === "ask" ? entry.ask : this.#approvals.get(entry.id)?.ask;
    if (ask === undefined) throw new Error("a journal entry names an approval never asked");
    this.#put({ ask, standing: entry.standing });
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
  list({ state, limit = 200, before = Number.POSITIVE_INFINITY }: ApprovalQuery): Approval[] {
    const source =
      state === "pending"
        ? [...this.#open].flatMap((id) => this.#approvals.get(id) ?? [])
        : [...this.#approvals.values()];
    return source
      .filter(({ standing }) => state === undefined || standing.state === state)
      .filter(({ standing }) => standing.askedAt < before)
      .sort((a, b) => b.standing.askedAt - a.standing.askedAt)
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
    for (const { ask, standing } of this.#approvals.values()) yield { kind: "ask", ask, standing };
  }

  #put(approval: Approval): void {
    const { ask, standing } = approval;
    this.#approvals.set(ask.id, approval);
    if (standing.grant !== undefined) this.#grants.set(standing.grant.key, ask.id);
    if (standing.state === "pending" || standing.state === "approved") this.#open.add(ask.id);
    else this.#open.delete(ask.id);
  }
}
