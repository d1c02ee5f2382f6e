import type { Clock } from "../base/clock.ts";
import type { Secret } from "../base/secret.ts";

/** How long a value is still looked for after it was last sent: an answer to it may still be on its way. */
export const lingering = 15 * 60_000;

/** Every value that was sent of late, so that no response gives it away. */
export class HeldValues {
  readonly #clock: Clock;
  readonly #values = new Map<string, { readonly secret: Secret; sentAt: number }>();
  /** What was last told, as long as it is true. */
  #told: readonly Secret[] | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Remembers that this value is being sent. */
  hold(secret: Secret): void {
    const value = secret.reveal();
    const held = this.#values.get(value);
    if (held === undefined) {
      this.#values.set(value, { secret, sentAt: this.#clock.now() });
      this.#told = undefined;
    } else held.sentAt = this.#clock.now();
  }

  /** The values sent in the last fifteen minutes. */
  current(): readonly Secret[] {
    const since = this.#clock.now() - lingering;
    for (const { secret, sentAt } of this.#values.values())
      if (sentAt < since) {
        this.#values.delete(secret.reveal());
        this.#told = undefined;
      }
    this.#told ??= [...this.#values.values()].map(({ secret }) => secret);
    return this.#told;
  }
}
