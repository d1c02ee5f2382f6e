import type { ApprovalId } from "../core/ids.ts";
import type { ApprovalState } from "./approval.ts";

/** At most this many are woken in one turn of the event loop, so that waking thousands starves nobody. */
const perTurn = 500;

type Wake = (state: ApprovalState | undefined) => void;

/** Wakes those who wait for an approval, in the order in which they came. */
export class WaitingRoom {
  readonly #waiting = new Map<ApprovalId, Set<Wake>>();
  #due: (() => void)[] = [];
  #at = 0;
  #scheduled = false;

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
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    for (const wake of waiting) this.#due.push(() => wake(state));
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#serve());
  }

  #serve(): void {
    this.#scheduled = false;
    const end = Math.min(this.#at + perTurn, this.#due.length);
    for (; this.#at < end; this.#at += 1) this.#due[this.#at]?.();
    if (this.#at < this.#due.length) {
      this.#schedule();
      return;
    }
    this.#due = [];
    this.#at = 0;
  }
}
