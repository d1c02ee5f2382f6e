import { TransientMap } from "../base/transient-map.ts";
import { Turns } from "../base/turns.ts";
import type { ApprovalId } from "../core/ids.ts";
import type { ApprovalState } from "./approval.ts";

/** At most this many go on in one turn of the event loop, and none after so many milliseconds. */
const perTurn = 20;
const longestTurn = 4;

/** Someone who waits for an approval. */
export interface Waiter {
  /** `state`: what is said to have become of it, where that is known. */
  wake(state: ApprovalState | undefined): void;
}

/** Wakes those who wait for an approval, and lets those go whose wait is over, in order and a few at a time. */
export class WaitingRoom {
  // Mostly one waits for each: a list costs less than a set.
  readonly #waiting = new TransientMap<ApprovalId, readonly Waiter[]>();
  readonly #turns = new Turns(perTurn, longestTurn);

  /** Wakes that one at each wake of that approval, until it leaves. */
  enter(id: ApprovalId, waiter: Waiter): void {
    const before = this.#waiting.get(id);
    this.#waiting.set(id, before === undefined ? [waiter] : [...before, waiter]);
  }

  /** Idempotent. */
  leave(id: ApprovalId, waiter: Waiter): void {
    const left = this.#waiting.get(id)?.filter((other) => other !== waiter) ?? [];
    if (left.length > 0) this.#waiting.set(id, left);
    else this.#waiting.delete(id);
  }

  /** How many approvals somebody waits for. */
  get size(): number {
    return this.#waiting.size;
  }

  /** The approvals that somebody waits for. */
  get ids(): readonly ApprovalId[] {
    return this.#waiting.keys();
  }

  wake(id: ApprovalId, state?: ApprovalState): void {
    for (const waiter of this.#waiting.get(id) ?? []) waiter.wake(state);
  }

  /** Calls back when it is the turn of one whose wait is over: thousands may be over at once, whatever ended them. */
  letGo(go: () => void): void {
    this.#turns.add(go);
  }
}
