import type { Clock } from "../../base/clock.ts";
import { Pause } from "../../base/pause.ts";
import type { Wal } from "./wal.ts";

export interface FollowerOptions {
  readonly wal: Pick<Wal, "onDurable">;
  readonly clock: Clock;
  /** The least time between two settlements, in milliseconds. */
  readonly interval: number;
  /**
   * Takes in what is new, and says whether there was anything; called at the start, while the log grows, at the stop,
   * and again after it threw. Often, so that the newest records are still in memory.
   */
  readonly take: () => Promise<boolean>;
  /** Makes what was taken last; called when something was, and again after it threw. */
  readonly settle: () => Promise<void>;
}

/** Milliseconds between two looks at a log that grows. */
const lookEvery = 100;

/** Follows the write-ahead log at its own pace: takes, settles, rests, and waits for the log to grow. */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #running: Promise<void>;
  #grown = true;
  #unsettled = false;
  #settledAt = Number.NEGATIVE_INFINITY;
  readonly #pause: Pause;
  #failure: Error | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#pause = new Pause(options.clock);
    const off = options.wal.onDurable(() => {
      this.#grown = true;
      this.#pause.stir();
    });
    this.#running = this.#run().finally(off);
  }

  /** Why the last of it failed, if it did. */
  failure(): Error | undefined {
    return this.#failure;
  }

  /** Takes and settles a last time. */
  async stop(): Promise<void> {
    this.#pause.stop();
    await this.#running;
  }

  async #run(): Promise<void> {
    const rest = Math.min(lookEvery, this.#options.interval);
    while (!this.#pause.stopped) {
      this.#grown = false;
      await this.#advance();
      await this.#pause.for(rest);
      if (!this.#grown && !this.#unsettled) await this.#pause.untilStirred();
    }
    await this.#advance();
  }

  async #advance(): Promise<void> {
    const { take, settle, clock, interval } = this.#options;
    try {
      if (await take()) this.#unsettled = true;
      const due = this.#pause.stopped || clock.now() - this.#settledAt >= interval;
      // What failed to settle has failed until it settles.
      if (this.#unsettled && !due) return;
      if (this.#unsettled) {
        this.#settledAt = clock.now();
        await settle();
        this.#unsettled = false;
      }
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#grown = true;
    }
  }
}
