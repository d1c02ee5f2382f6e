import type { Clock } from "../base/clock.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";

/** A value that was fetched, and until when (milliseconds since the Unix epoch) it is as good as new, and good at all. */
export interface Fetched {
  readonly kind: "fetched";
  readonly secret: Secret;
  readonly freshUntil: number;
  readonly goodUntil: number;
}

/** Why a value could not be fetched. `final`: its owner said no, so that the last value is not used any more either. */
export interface NotFetched {
  readonly kind: "failed";
  readonly why: string;
  readonly final: boolean;
}

/** After a failure, so long nothing is tried again, in milliseconds. */
export const backOff = 2_000;

/**
 * A value that is fetched when it is first needed and again before it ends, by one request at a time however many
 * wait for it, and behind their backs while the last value is still good.
 */
export class RenewedValue {
  readonly #fetch: () => Promise<Fetched | NotFetched>;
  readonly #clock: Clock;
  #last: Fetched | undefined;
  #failure: { readonly why: string; readonly at: number } | undefined;
  #pending: Promise<void> | undefined;

  constructor(fetch: () => Promise<Fetched | NotFetched>, clock: Clock) {
    this.#fetch = fetch;
    this.#clock = clock;
  }

  async get(): Promise<Result<Secret>> {
    const now = this.#clock.now();
    const last = this.#last;
    if (last !== undefined && now < last.freshUntil) return ok(last.secret);
    if (last !== undefined && now < last.goodUntil) {
      void this.#attempt();
      return ok(last.secret);
    }
    await this.#attempt();
    if (this.#last !== undefined && this.#clock.now() < this.#last.goodUntil)
      return ok(this.#last.secret);
    return err(this.#failure?.why ?? "it could not be fetched");
  }

  #attempt(): Promise<void> {
    if (this.#pending !== undefined) return this.#pending;
    if (this.#failure !== undefined && this.#clock.now() - this.#failure.at < backOff)
      return Promise.resolve();
    this.#pending = this.#renew().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #renew(): Promise<void> {
    const outcome = await this.#fetch().catch(
      (error: unknown): NotFetched => ({ kind: "failed", why: reason(error), final: false }),
    );
    if (outcome.kind === "fetched") {
      this.#last = outcome;
      this.#failure = undefined;
      return;
    }
    this.#failure = { why: outcome.why, at: this.#clock.now() };
    if (outcome.final) this.#last = undefined;
  }
}

/** The code of a network error; its message may hold what was sent. */
function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "no answer";
  return `it could not be fetched (${code})`;
}
