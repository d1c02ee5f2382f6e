import type { Clock } from "../../base/clock.ts";
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
  #stopped = false;
  #failure: Error | undefined;
  #wake: () => void = nobody;

  constructor(options: FollowerOptions) {
    this.#options = options;
    const off = options.wal.onDurable(() => {
      this.#grown = true;
      this.#wake();
    });
    this.#running = this.#run().finally(off);
  }

  /** Why the last of it failed, if it did. */
  failure(): Error | undefined {
    return this.#failure;
  }

  /** Takes and settles a last time. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const rest = Math.min(lookEvery, this.#options.interval);
    while (!this.#stopped) {
      this.#grown = false;
      await this.#advance();
      await this.#pause(rest);
      if (!this.#grown && !this.#unsettled) await this.#pause(undefined);
    }
    await this.#advance();
  }

  async #advance(): Promise<void> {
    const { take, settle, clock, interval } = this.#options;
    try {
      if (await take()) this.#unsettled = true;
      const due = this.#stopped || clock.now() - this.#settledAt >= interval;
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

  /** Waits that long, or without a time until the log grows; stopping ends either. */
  async #pause(ms: number | undefined): Promise<void> {
    if (this.#stopped) return;
    await new Promise<void>((resolve) => {
      const cancel = ms === undefined ? undefined : this.#options.clock.after(ms, resolve);
      const wake = () => {
        if (ms !== undefined && !this.#stopped) return;
        cancel?.();
        resolve();
      };
      this.#wake = wake;
    });
    this.#wake = nobody;
  }
}

/** Nobody waits. */
function nobody(): void {}
