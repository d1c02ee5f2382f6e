import type { Clock } from "../base/clock.ts";
import type { ProvenanceStore } from "./store.ts";

const between = 1000;

/** The part of a store that is written to beside the traffic. */
export type Shelves = Pick<ProvenanceStore, "save" | "suggestions" | "commit" | "saveCommit">;

/**
 * The same store; what it cannot do now it does when it can be reached again. `told` hears of the first failure of each
 * outage. After `hurry` it tries everything once.
 */
export function patient(
  store: Shelves,
  clock: Clock,
  told: (error: unknown) => void,
): Shelves & { hurry(): void } {
  let hurried = false;
  let failing = false;
  const waiting = new Set<() => void>();
  const pause = () =>
    new Promise<void>((resolve) => {
      const wake = () => {
        waiting.delete(wake);
        resolve();
      };
      waiting.add(wake);
      clock.after(between, wake);
    });
  const persist = <T>(attempt: () => Promise<T>): Promise<T> =>
    attempt().then(
      (done) => {
        failing = false;
        return done;
      },
      async (error: unknown) => {
        if (hurried) throw error;
        if (!failing) told(error);
        failing = true;
        await pause();
        return persist(attempt);
      },
    );
  return {
    save: (kept) => persist(() => store.save(kept)),
    suggestions: (scopes, now) => persist(() => store.suggestions(scopes, now)),
    commit: (id) => persist(() => store.commit(id)),
    saveCommit: (found) => persist(() => store.saveCommit(found)),
    hurry: () => {
      hurried = true;
      for (const wake of waiting) wake();
    },
  };
}
