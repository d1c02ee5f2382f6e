import type { Clock } from "../base/clock.ts";
import type { Gone } from "../core/departure.ts";
import type { ApprovalId } from "../core/ids.ts";
import type { ApprovalState, Standing } from "./approval.ts";
import type { ApprovalStore } from "./store.ts";
import type { Waiter, WaitingRoom } from "./waiting-room.ts";

/** How a wait ended: with a standing that is not pending, with time up, with the client gone, or with nothing to wait for. */
export type Waited =
  | { readonly kind: "settled"; readonly standing: Standing }
  /** It was said to be approved: what uses it up will see. */
  | { readonly kind: "approved" }
  | { readonly kind: "held" }
  | { readonly kind: "left" }
  | { readonly kind: "lost" };

interface WaitParts {
  readonly store: ApprovalStore;
  readonly room: WaitingRoom;
  readonly clock: Clock;
}

/** Waits until somebody decides, for `hold` milliseconds at most. A store out of reach is waited for, too. */
export function waitFor(
  parts: WaitParts,
  id: ApprovalId,
  hold: number,
  client: Gone,
): Promise<Waited> {
  return new Promise((resolve) => new Wait(parts, id, client, resolve).begin(hold));
}

/** One wait. An object, and not a handful of functions, since thousands may wait. */
class Wait implements Waiter {
  readonly #parts: WaitParts;
  readonly #id: ApprovalId;
  readonly #client: Gone;
  readonly #resolve: (waited: Waited) => void;
  #stopTimer: (() => void) | undefined;
  /** One look at a time; what calls for one during it makes one more follow. */
  #looking = false;
  #again = false;

  constructor(parts: WaitParts, id: ApprovalId, client: Gone, resolve: (waited: Waited) => void) {
    this.#parts = parts;
    this.#id = id;
    this.#client = client;
    this.#resolve = resolve;
  }

  begin(hold: number): void {
    const { room, clock } = this.#parts;
    room.enter(this.#id, this);
    this.#stopTimer = clock.after(hold, () => this.#finish({ kind: "held" }));
    this.#client.addEventListener("abort", this);
    if (this.#client.aborted) this.handleEvent();
    // Somebody may have decided between the opening and the entry into the room.
    else this.#look();
  }

  wake(state: ApprovalState | undefined): void {
    if (state === "approved") this.#finish({ kind: "approved" });
    else this.#look();
  }

  /** The client has left. */
  handleEvent(): void {
    this.#finish({ kind: "left" });
  }

  #look(): void {
    this.#again = true;
    if (!this.#looking) void this.#lookWhileAsked();
  }

  async #lookWhileAsked(): Promise<void> {
    this.#looking = true;
    while (this.#again) {
      this.#again = false;
      // A look that fails waits for the next call.
      const found = await this.#parts.store.standings([this.#id]).catch(() => undefined);
      if (found !== undefined) this.#saw(found[0]);
    }
    this.#looking = false;
  }

  #saw(standing: Standing | undefined): void {
    if (standing === undefined) this.#finish({ kind: "lost" });
    else if (standing.state !== "pending") this.#finish({ kind: "settled", standing });
  }

  #finish(waited: Waited): void {
    const { room } = this.#parts;
    room.leave(this.#id, this);
    this.#stopTimer?.();
    this.#client.removeEventListener("abort", this);
    // Whoever leaves before it is their turn has left: what was said is not used up for nobody.
    room.letGo(() => this.#resolve(this.#client.aborted ? { kind: "left" } : waited));
  }
}
