import type { Clock } from "../base/clock.ts";
import type { Wal } from "./wal.ts";

export interface FollowerOptions {
  readonly wal: Pick<Wal, "onDurable">;
  readonly clock: Clock;
  /** The least time between two advances, in milliseconds. */
  readonly interval: number;
  /** Takes in what is new; called once at the start, after growth, at the stop, and again after it threw. */
  readonly advance: () => Promise<void>;
}

/** Follows the write-ahead log at its own pace: advances, rests, and waits for the log to grow. */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #running: Promise<void>;
  #grown = true;
  #stopped = false;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
    const off = options.wal.onDurable(() => {
      this.#grown = true;
      this.#wake();
    });
    this.#running = this.#run().finally(off);
  }

  /** Why the last advance failed, if it did. */
  failure(): Error | undefined {
    return this.#failure;
  }

  /** Advances a last time. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#grown = false;
      await this.#advance();
      await this.#pause(this.#options.interval);
      if (!this.#grown) await this.#pause(undefined);
    }
    await this.#advance();
  }

  async #advance(): Promise<void> {
    try {
      await this.#options.advance();
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
      this.#wake = () => {
        if (ms !== undefined && !this.#stopped) return;
        cancel?.();
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}
