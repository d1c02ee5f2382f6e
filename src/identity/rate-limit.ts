import type { Clock } from "../base/clock.ts";

const mostKeys = 10_000;

/** Allows each key `burst` takes at once and `perSecond` more as time goes by. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(clock: Clock, burst: number, perSecond: number) {
    this.#clock = clock;
    this.#burst = burst;
    this.#perSecond = perSecond;
  }

  /** Milliseconds until the key may take again; zero when it may now. */
  wait(key: string): number {
    const left = this.#left(key);
    return left >= 1 ? 0 : Math.ceil(((1 - left) / this.#perSecond) * 1000);
  }

  /** Takes one from the key. */
  take(key: string): void {
    const left = this.#left(key);
    this.#buckets.delete(key);
    this.#buckets.set(key, { left: Math.max(0, left - 1), at: this.#clock.now() });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > mostKeys && oldest !== undefined) this.#buckets.delete(oldest);
  }

  #left(key: string): number {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return this.#burst;
    const earned = ((this.#clock.now() - bucket.at) / 1000) * this.#perSecond;
    return Math.min(this.#burst, bucket.left + earned);
  }
}
