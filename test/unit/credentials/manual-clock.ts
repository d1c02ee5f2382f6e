import type { Clock } from "../../../src/base/clock.ts";

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #now = Date.UTC(2026, 10, 22);

  now(): number {
    return this.#now;
  }

  after(): () => void {
    return () => {};
  }

  advance(ms: number): void {
    this.#now += ms;
  }
}
