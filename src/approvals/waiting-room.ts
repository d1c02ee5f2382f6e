import { Turns } from "../base/turns.ts";
import type { ApprovalId } from "../core/ids.ts";
import type { ApprovalState } from "./approval.ts";

/** At most this many are woken in one turn of the event loop: each has some way to go at once. */
const perTurn = 16;

type Wake = (state: ApprovalState | undefined) => void;

/** Wakes those who wait for an approval, in the order in which they came. */
export class WaitingRoom {
  readonly #waiting = new Map<ApprovalId, Set<Wake>>();
  readonly #turns = new Turns(perTurn);

  /** Calls back at each wake of that approval, until the function returned is called. */
  enter(id: ApprovalId, wake: Wake): () => void {
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting.add(wake));
    return () => {
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(id) === waiting) this.#waiting.delete(id);
    };
  }

  /** The approvals that somebody waits for. */
  get ids(): readonly ApprovalId[] {
    return [...this.#waiting.keys()];
  }

  /** `state`: what is said to have become of it, where that is known. */
  wake(id: ApprovalId, state?: ApprovalState): void {
    for (const wake of this.#waiting.get(id) ?? []) this.#turns.add(() => wake(state));
  }
}
