import type { Clock } from "../base/clock.ts";
import { stopwatch } from "../base/stopwatch.ts";

const every = 100;

/**
 * Whether the event loop is late by more than `bound` milliseconds, as its own timers see it: `behind` holds from one
 * timer that came too late to the next that did not.
 */
export function watchLag(clock: Clock, bound: number): { behind(): boolean; stop(): void } {
  let late = 0;
  let stop: () => void = () => undefined;
  const arm = (): void => {
    const elapsed = stopwatch();
    stop = clock.after(every, () => {
      late = elapsed() - every;
      arm();
    });
  };
  arm();
  return { behind: () => late > bound, stop: () => stop() };
}
