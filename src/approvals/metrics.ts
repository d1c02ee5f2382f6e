import { counter, gauge, Histogram } from "../metrics/exposition.ts";
import type { Approval, ApprovalState } from "./approval.ts";

/** What is counted of approvals, in one process. */
export class ApprovalMetrics {
  readonly #settled = new Map<ApprovalState, number>();
  readonly #decision = new Histogram(
    "sallyport_approvals_decision_seconds",
    "From the question to the decision.",
    [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400],
  );
  readonly #resume = new Histogram(
    "sallyport_approvals_resume_seconds",
    "From the last word to the request's going on.",
    [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
  );

  /** An approval has come to this state, here or in another process. */
  reached(state: ApprovalState): void {
    this.#settled.set(state, (this.#settled.get(state) ?? 0) + 1);
  }

  /** People have decided, here. */
  decided({ standing }: Approval): void {
    const { state, settledAt, askedAt } = standing;
    if (settledAt !== undefined && (state === "approved" || state === "denied"))
      this.#decision.add((settledAt - askedAt) / 1000);
  }

  /** A request went on, this many milliseconds after the decision. */
  resumed(after: number): void {
    this.#resume.add(after / 1000);
  }

  /** Prometheus text, version 0.0.4. Times in seconds. */
  text(now: {
    readonly pending: number;
    readonly oldest: number;
    readonly parked: number;
  }): string {
    const states = ["pending", "approved", "denied", "expired", "cancelled", "consumed"] as const;
    return [
      gauge(`${prefix}_pending`, "Approvals that wait, in all processes.", now.pending),
      gauge(`${prefix}_oldest_pending_seconds`, "Age of the oldest that waits.", now.oldest),
      gauge(
        `${prefix}_parked`,
        "Approvals that requests of this process are held for.",
        now.parked,
      ),
      counter(
        `${prefix}_reached_total`,
        "Approvals that came to a state, as every process sees it: do not add up processes.",
        states.map((state) => [{ state }, this.#settled.get(state) ?? 0]),
      ),
      this.#decision.text(),
      this.#resume.text(),
    ].join("");
  }
}

const prefix = "sallyport_approvals";
