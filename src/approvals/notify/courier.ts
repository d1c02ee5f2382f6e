import type { Clock } from "../../base/clock.ts";
import type { Notice } from "../outbox.ts";
import type { ApprovalStore } from "../store.ts";
import type { Delivery, Sink } from "./sink.ts";

export interface CourierOptions {
  readonly store: ApprovalStore;
  readonly clock: Clock;
  readonly sinks: readonly Sink[];
  /** Told of each delivery that failed, and whether it was given up. Never given a payload. */
  readonly onProblem: (sink: string, why: string, givenUp: boolean) => void;
  /** 0 to 1, for the spread of retries. */
  readonly random?: () => number;
}

/** Waits before each retry, in milliseconds: two and a half days in all, then it is given up. */
const waits = [5, 30, 120, 600, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 14 * 3600, 24 * 3600].map(
  (seconds) => seconds * 1000,
);
const lease = 60_000;
const atOnce = 16;
const lookEvery = 2000;

/** Delivers what is in the outbox, at once and until it is delivered. Stops when the function returned is called. */
export function startCourier(options: CourierOptions): () => void {
  const { store, clock } = options;
  let stopped = false;
  let running = false;
  let again = false;
  let stopTimer = () => {};
  const round = async () => {
    if (stopped) return;
    if (running) {
      again = true;
      return;
    }
    running = true;
    // An outage of the store is told by the store itself; the notices wait in it.
    await deliverDue(options).catch(() => undefined);
    running = false;
    if (!again) return;
    again = false;
    await round();
  };
  const plan = () => {
    stopTimer = clock.after(lookEvery, () => {
      void round().finally(() => stopped || plan());
    });
  };
  const unwatch = store.watch(() => void round());
  plan();
  void round();
  return () => {
    stopped = true;
    stopTimer();
    unwatch();
  };
}

/** Delivers all that is due now. */
export async function deliverDue(options: CourierOptions): Promise<void> {
  for (;;) {
    const notices = await options.store.outbox.claim(atOnce, lease);
    if (notices.length === 0) return;
    await Promise.all(notices.map((notice) => handle(options, notice)));
  }
}

async function handle(options: CourierOptions, notice: Notice): Promise<void> {
  const { store, onProblem, random = Math.random } = options;
  const delivery = await attempt(options, notice);
  if (delivery.kind === "done") return store.outbox.done(notice);
  const wait = waits[notice.attempts];
  if (delivery.kind === "never" || wait === undefined) {
    onProblem(notice.sink, delivery.why, true);
    return store.outbox.done(notice);
  }
  onProblem(notice.sink, delivery.why, false);
  // Spread, so that a receiver that comes back is not met by everything at once.
  const spread = wait * (0.8 + 0.4 * random());
  return store.outbox.retry(notice, Math.max(spread, Math.min(delivery.after ?? 0, 24 * 3600_000)));
}

async function attempt({ store, sinks }: CourierOptions, notice: Notice): Promise<Delivery> {
  const sink = sinks.find(({ name }) => name === notice.sink);
  if (sink === undefined) return { kind: "never", why: "there is no such sink any more" };
  const approval = await store.get(notice.id);
  if (approval === undefined) return { kind: "never", why: "the approval is not kept any more" };
  try {
    return await sink.deliver(notice, approval);
  } catch (error) {
    return { kind: "again", why: error instanceof Error ? error.message : "it failed" };
  }
}
