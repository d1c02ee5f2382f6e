import { startCourier } from "../approvals/notify/courier.ts";
import { actSink } from "../approvals/notify/record.ts";
import type { ApprovalStore } from "../approvals/store.ts";
import type { Clock } from "../base/clock.ts";
import { ok, type Result } from "../base/result.ts";
import type { Config } from "../config/schema.ts";
import type { Acts } from "../core/record.ts";
import { type HookSecrets, readHookSecrets } from "./hook-secrets.ts";
import { openSinks } from "./notify-file.ts";

/** Those outside who are told of approvals, and who may answer. */
export interface Outside {
  readonly hooks: HookSecrets;
  /**
   * Begins to tell them what is in the outbox, and to write down in `acts` what nobody said: expiry and cancellation.
   * Stops when the function returned is called.
   */
  start(acts: Acts): () => void;
}

/** Reads every secret that this takes; the error is a sentence. */
export function openOutside(
  config: Config,
  parts: {
    readonly store: ApprovalStore;
    readonly clock: Clock;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly fault: (where: string, error: unknown) => void;
  },
): Result<Outside> {
  const { store, clock, fault } = parts;
  const hooks = readHookSecrets(config, parts.env);
  if (!hooks.ok) return hooks;
  const sinks = openSinks(config, parts);
  if (!sinks.ok) return sinks;
  const onProblem = (sink: string, why: string, givenUp: boolean) =>
    fault(`notify ${sink}`, new Error(givenUp ? `${why}, given up` : why));
  return ok({
    hooks: hooks.value,
    start: (acts) =>
      startCourier({ store, clock, sinks: [...sinks.value, actSink(acts)], onProblem }),
  });
}
