import type { Clock } from "../base/clock.ts";
import type { KeyTimes } from "./issuer.ts";

/**
 * The last keys that an issuer published. Fetches are single flight; when one fails the last keys stay in use for
 * `keepFor`, and after that there are none.
 */
export class KeyCache<Keys> {
  readonly #load: () => Promise<Keys>;
  readonly #clock: Clock;
  readonly #times: KeyTimes;
  readonly #onProblem: (error: unknown) => void;
  #keys: Keys | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #pending: Promise<void> | undefined;

  constructor(
    load: () => Promise<Keys>,
    clock: Clock,
    times: KeyTimes,
    onProblem: (error: unknown) => void,
  ) {
    this.#load = load;
    this.#clock = clock;
    this.#times = times;
    this.#onProblem = onProblem;
  }

  /** The keys in use; `undefined` when none could be had for longer than `keepFor`. */
  async get(): Promise<Keys | undefined> {
    const age = this.#clock.now() - this.#fetchedAt;
    const failing = this.#failedAt > this.#fetchedAt && this.#usable() !== undefined;
    if (age > this.#times.maxAge && !failing) await this.#attempt();
    // Half-way through, and while the issuer is down, keys are fetched behind the request's back: none has to wait.
    else if (age > this.#times.maxAge / 2) void this.#attempt();
    return this.#usable();
  }

  /** Looks for keys newer than those in use, at most once per interval, and gives what is then in use. */
  async renew(): Promise<Keys | undefined> {
    if (this.#pending !== undefined) await this.#pending;
    else if (this.#clock.now() - this.#renewedAt >= this.#times.interval) {
      this.#renewedAt = this.#clock.now();
      await this.#attempt();
    }
    return this.#usable();
  }

  #usable(): Keys | undefined {
    return this.#clock.now() - this.#fetchedAt <= this.#times.keepFor ? this.#keys : undefined;
  }

  #attempt(): Promise<void> {
    if (this.#pending !== undefined) return this.#pending;
    if (this.#clock.now() - this.#failedAt < this.#times.interval) return Promise.resolve();
    this.#pending = this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch(): Promise<void> {
    try {
      this.#keys = await this.#load();
      this.#fetchedAt = this.#clock.now();
      this.#failedAt = Number.NEGATIVE_INFINITY;
    } catch (error) {
      this.#failedAt = this.#clock.now();
      this.#onProblem(error);
    }
  }
}
