import type { Clock } from "./clock.ts";

/** The pauses of somebody who works in turns: each ends in time, when there is something new to do, or for good. */
export class Pause {
  readonly #clock: Clock;
  #stopped = false;
  /** Ends the pause that is now, if there is one. */
  #end: (() => void) | undefined;
  #heeds = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether no pause will last any more. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Lasts that many milliseconds, whatever is new. */
  for(ms: number): Promise<void> {
    return this.#last(ms, false);
  }

  /** Lasts until something is new, and that many milliseconds at most, if any are told. */
  untilStirred(most?: number): Promise<void> {
    return this.#last(most, true);
  }

  /** There is something new to do. */
  stir(): void {
    if (this.#heeds) this.#end?.();
  }

  /** Ends this pause, and every one that will be asked for. */
  stop(): void {
    this.#stopped = true;
    this.#end?.();
  }

  async #last(ms: number | undefined, heeds: boolean): Promise<void> {
    if (this.#stopped) return;
    this.#heeds = heeds;
    await new Promise<void>((resolve) => {
      const cancel = ms === undefined ? undefined : this.#clock.after(ms, resolve);
      const end = (): void => {
        cancel?.();
        resolve();
      };
      this.#end = end;
    });
    this.#end = undefined;
  }
}
