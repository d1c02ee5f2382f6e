import type { Clock } from "../base/clock.ts";
import type { ApprovalId } from "../core/ids.ts";
import type { Standing } from "./approval.ts";
import type { ApprovalStore } from "./store.ts";
import type { WaitingRoom } from "./waiting-room.ts";

/** How a wait ended: with a standing that is not pending, with time up, with the client gone, or with nothing to wait for. */
export type Waited =
  | { readonly kind: "settled"; readonly standing: Standing }
  /** It was said to be approved: what uses it up will see. */
  | { readonly kind: "approved" }
  | { readonly kind: "held" }
  | { readonly kind: "left" }
  | { readonly kind: "lost" };

/** Waits until somebody decides, for `hold` milliseconds at most. A store out of reach is waited for, too. */
export function waitFor(
  parts: { readonly store: ApprovalStore; readonly room: WaitingRoom; readonly clock: Clock },
  id: ApprovalId,
  hold: number,
  signal: AbortSignal,
): Promise<Waited> {
  const { store, room, clock } = parts;
  return new Promise((resolve) => {
    const finish = (waited: Waited) => {
      leaveRoom();
      stopTimer();
      signal.removeEventListener("abort", left);
      resolve(waited);
    };
    const left = () => finish({ kind: "left" });
    const look = singly(async () => {
      const [standing] = await store.standings([id]);
      if (standing === undefined) finish({ kind: "lost" });
      else if (standing.state !== "pending") finish({ kind: "settled", standing });
    });
    const leaveRoom = room.enter(id, (state) => {
      if (state === "approved") finish({ kind: "approved" });
      else look();
    });
    const stopTimer = clock.after(hold, () => finish({ kind: "held" }));
    signal.addEventListener("abort", left, { once: true });
    if (signal.aborted) left();
    // Somebody may have decided between the opening and the entry into the room.
    else look();
  });
}

// One run at a time; a call during a run makes one more run follow. A failed run waits for the next call.
function singly(run: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  const start = () => {
    running = true;
    again = false;
    run()
      .catch(() => undefined)
      .finally(() => {
        running = false;
        if (again) start();
      });
  };
  return () => {
    if (running) again = true;
    else start();
  };
}
