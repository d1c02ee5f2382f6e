/** Who wants to hear that a client has left. */
interface Listener {
  handleEvent(): void;
}

/** Tells that a client has left: as much of an `AbortSignal` as that takes. */
export interface Gone {
  readonly aborted: boolean;
  /** Why it is over where the client has not left. */
  readonly reason: unknown;
  addEventListener(type: "abort", listener: Listener): void;
  removeEventListener(type: "abort", listener: Listener): void;
}

/** The departure of one client. Thousands may be waited for at a time, and an `AbortController` takes ten times as much. */
export class Departure implements Gone {
  #listeners: readonly Listener[] = nobody;
  #aborted = false;
  #reason: unknown;

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  /** Tells whoever listens. What comes after the first time changes nothing. */
  abort(reason?: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    const told = this.#listeners;
    this.#listeners = nobody;
    for (const listener of told) listener.handleEvent();
  }

  addEventListener(_: "abort", listener: Listener): void {
    if (!this.#aborted) this.#listeners = [...this.#listeners, listener];
  }

  removeEventListener(_: "abort", listener: Listener): void {
    this.#listeners = this.#listeners.filter((other) => other !== listener);
  }
}

const nobody: readonly Listener[] = [];
