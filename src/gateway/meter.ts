import type { Clock } from "../base/clock.ts";
import type { AuditLog, Completion, Intent } from "../core/record.ts";
import { Counter, gauge, Histogram, type Labels, type Metric } from "../metrics/exposition.ts";

const fromTheFirstByte = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/**
 * Counts exchanges by what is written down of them, so that metrics and evidence cannot disagree. Labels are decisions,
 * connections and status classes: few, and never what a client sent.
 */
export class Meter {
  readonly #clock: Clock;
  readonly #open = new Map<string, { readonly connection: Labelled; readonly at: number }>();
  readonly #connections = new Map<string, Labelled>();
  readonly #exchanges = new Counter(
    "sallyport_exchanges_total",
    "Requests that were judged, by connection and decision (allow, approve, deny, error).",
  );
  readonly #responses = new Counter(
    "sallyport_responses_total",
    "Exchanges that have ended, by connection, status class and end (completed, refused, aborted).",
  );
  readonly #bytes = new Counter(
    "sallyport_bytes_total",
    "Bytes of bodies, by connection and direction (request, response).",
  );
  readonly #findings = new Counter(
    "sallyport_findings_total",
    "Secrets that were found and masked, by connection.",
  );
  readonly #faults = new Counter(
    "sallyport_faults_total",
    "Faults of ours and outages, by the part that met them.",
  );
  readonly #write = new Histogram(
    "sallyport_intent_write_seconds",
    "Until the record of a request was durable.",
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  );
  readonly #upstream = new Histogram(
    "sallyport_upstream_seconds",
    "From a request's release to the upstream's first byte, by connection.",
    fromTheFirstByte,
  );
  readonly #duration = new Histogram(
    "sallyport_exchange_seconds",
    "From a request's head to the end of its exchange without the wait for people, by connection.",
    [...fromTheFirstByte, 300],
  );

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The same log, with everything counted that goes through it. */
  metered(log: AuditLog): AuditLog {
    return {
      intent: async (intent) => {
        const before = this.#clock.now();
        await log.intent(intent);
        this.#write.add((this.#clock.now() - before) / 1000);
        this.#began(intent);
      },
      complete: (completion) => {
        log.complete(completion);
        this.#ended(completion);
      },
    };
  }

  fault(where: string): void {
    this.#faults.add({ where });
  }

  /** Prometheus text, version 0.0.4. */
  text(): string {
    const metrics: readonly Metric[] = [
      this.#exchanges,
      this.#responses,
      this.#bytes,
      this.#findings,
      this.#faults,
      this.#write,
      this.#upstream,
      this.#duration,
    ];
    return (
      gauge(
        "sallyport_exchanges_open",
        "Exchanges that have been judged and go on.",
        this.#open.size,
      ) + metrics.map((metric) => metric.text()).join("")
    );
  }

  #began({ id, at, connection, decision, operations }: Intent): void {
    const forward = operations[0]?.protocol === "connect" ? "forward" : "none";
    const labelled = this.#labelled(connection?.name ?? forward);
    this.#open.set(id, { connection: labelled, at });
    this.#exchanges.add(labelled.decided(decision));
  }

  #ended(completion: Completion): void {
    const began = this.#open.get(completion.id);
    if (began === undefined) return;
    this.#open.delete(completion.id);
    const { connection, at } = began;
    const { status = 0, end, requestBytes, responseBytes, findings } = completion;
    this.#responses.add(connection.ended(`${Math.floor(status / 100)}xx`, end));
    this.#bytes.add(connection.request, requestBytes);
    this.#bytes.add(connection.response, responseBytes);
    this.#findings.add(connection.alone, findings.length);
    if (completion.upstreamAfter !== undefined)
      this.#upstream.add(completion.upstreamAfter / 1000, connection.alone);
    const held = completion.parkedFor ?? 0;
    this.#duration.add((completion.at - at - held) / 1000, connection.alone);
  }

  #labelled(connection: string): Labelled {
    const known = this.#connections.get(connection);
    if (known !== undefined) return known;
    const made = new Labelled(connection);
    this.#connections.set(connection, made);
    return made;
  }
}

/** The labels of one connection, made once. */
class Labelled {
  readonly alone: Labels;
  readonly request: Labels;
  readonly response: Labels;
  readonly #decided = new Map<string, Labels>();
  readonly #ended = new Map<string, Labels>();

  constructor(connection: string) {
    this.alone = { connection };
    this.request = { connection, direction: "request" };
    this.response = { connection, direction: "response" };
  }

  decided(decision: Intent["decision"]): Labels {
    const labels = this.#decided.get(decision) ?? { ...this.alone, decision };
    this.#decided.set(decision, labels);
    return labels;
  }

  ended(status: string, end: Completion["end"]): Labels {
    const key = status + end;
    const labels = this.#ended.get(key) ?? { ...this.alone, class: status, end };
    this.#ended.set(key, labels);
    return labels;
  }
}
