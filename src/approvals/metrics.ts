import type { Approval, ApprovalState } from "./approval.ts";

/** What is counted of approvals, in one process. */
export class ApprovalMetrics {
  readonly #settled = new Map<ApprovalState, number>();
  readonly #decision = new Histogram([1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400]);
  readonly #resume = new Histogram([0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]);

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
    const reached = states.map(
      (state) => `${prefix}_reached_total{state="${state}"} ${this.#settled.get(state) ?? 0}`,
    );
    return [
      ...gauge("pending", "Approvals that wait, in all processes.", now.pending),
      ...gauge("oldest_pending_seconds", "Age of the oldest that waits.", now.oldest),
      ...gauge("parked", "Approvals that requests of this process are held for.", now.parked),
      `# HELP ${prefix}_reached_total Approvals that came to a state, as every process sees it: do not add up processes.`,
      `# TYPE ${prefix}_reached_total counter`,
      ...reached,
      ...this.#decision.text("decision_seconds", "From the question to the decision."),
      ...this.#resume.text("resume_seconds", "From the last word to the request's going on."),
      "",
    ].join("\n");
  }
}

const prefix = "sallyport_approvals";

function gauge(name: string, help: string, value: number): readonly string[] {
  const full = `${prefix}_${name}`;
  return [`# HELP ${full} ${help}`, `# TYPE ${full} gauge`, `${full} ${value}`];
}

class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  add(value: number): void {
    this.#sum += value;
    this.#count += 1;
    for (const [i, bound] of this.#bounds.entries())
      if (value <= bound) this.#counts[i] = (this.#counts[i] ?? 0) + 1;
  }

  text(name: string, help: string): readonly string[] {
    const full = `${prefix}_${name}`;
    const buckets = this.#bounds.map(
      (bound, i) => `${full}_bucket{le="${bound}"} ${this.#counts[i] ?? 0}`,
    );
    return [
      `# HELP ${full} ${help}`,
      `# TYPE ${full} histogram`,
      ...buckets,
      `${full}_bucket{le="+Inf"} ${this.#count}`,
      `${full}_sum ${this.#sum}`,
      `${full}_count ${this.#count}`,
    ];
  }
}
