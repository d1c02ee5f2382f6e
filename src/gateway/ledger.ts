import type { Draft } from "../base/draft.ts";
import type { Finding } from "../core/finding.ts";
import { newRecordId, type RecordId } from "../core/ids.ts";
import type { Completion, Coverage, Intent } from "../core/record.ts";
import type { ResponseHead } from "../http/message.ts";
import { timed } from "../http/timed.ts";
import type { Lens } from "../protocols/protocol.ts";
import type { Found } from "./admit.ts";
import { CoverageCounter } from "./coverage.ts";
import type { Parts } from "./parts.ts";

/** What the exchange itself cannot know of its end: whoever finds it out tells the ledger before the end. */
export type Learned = Pick<Completion, "recording" | "model" | "placeholders">;

/** What is to be written down of one exchange: the intent before anything moves, the completion once, at its end. */
export class Ledger {
  readonly id: RecordId;
  /** Milliseconds since the Unix epoch, at the first message. */
  readonly at: number;
  /** What admission has found so far. */
  readonly found: Found = {};
  readonly #parts: Parts;
  readonly #findings: Finding[] = [];
  #intent: Promise<void> | undefined;
  #status: number | undefined;
  #releasedAt: number | undefined;
  #upstream: Pick<Completion, "upstreamAfter" | "upstreamRequestId"> = {};
  #scannedFor: number | undefined;
  readonly #counters: { request?: CoverageCounter; response?: CoverageCounter } = {};
  readonly #learned: Learned = {};
  #completion: Completion | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.at = parts.clock.now();
    this.id = newRecordId(this.at);
  }

  readonly report = (finding: Finding): void => {
    this.#findings.push(finding);
  };

  /** Resolves when the intent is durable; a completion waits for it. */
  intent(intent: Intent): Promise<void> {
    this.#intent = this.#parts.audit.intent(intent);
    this.#write();
    return this.#intent;
  }

  released(): void {
    this.#releasedAt = this.#parts.clock.now();
  }

  answered(status: number): void {
    this.#status = status;
  }

  /** The upstream's head has come. */
  upstreamAnswered({ fields }: ResponseHead): void {
    const requestId = fields.get("x-github-request-id");
    this.#upstream = {
      upstreamAfter: this.#parts.clock.now() - (this.#releasedAt ?? this.at),
      ...(requestId === undefined ? {} : { upstreamRequestId: requestId }),
    };
  }

  /** Takes what another part has learned; of two values for one thing the later counts. */
  learn(learned: Learned): void {
    Object.assign(this.#learned, learned);
  }

  /** The same lens; how much it reads of that body, and how long it takes, is written down. */
  reading(side: "request" | "response", lens: Lens): Lens {
    this.#scannedFor ??= 0;
    const counter = new CoverageCounter();
    this.#counters[side] = counter;
    return (open) =>
      timed(lens(counter.on(open)), (ms) => {
        this.#scannedFor = (this.#scannedFor ?? 0) + ms;
      });
  }

  /** That much of that body was read for secrets without a lens. */
  read(side: "request" | "response", kind: string, bytes: number): void {
    const counter = this.#counters[side] ?? new CoverageCounter();
    this.#counters[side] = counter;
    counter.read(kind, bytes);
  }

  /** The completion is told already. */
  get over(): boolean {
    return this.#completion !== undefined;
  }

  /** Writes the completion, the first time it is called. An exchange whose intent could not be written has none. */
  complete(end: Completion["end"], requestBytes: number, responseBytes: number): void {
    if (this.#completion !== undefined) return;
    const completion: Draft<Completion> = {
      id: this.id,
      at: this.#parts.clock.now(),
      end,
      requestBytes,
      responseBytes,
      findings: this.#findings,
    };
    if (this.#status !== undefined) completion.status = this.#status;
    if (this.found.parkedFor !== undefined) completion.parkedFor = this.found.parkedFor;
    if (this.#scannedFor !== undefined) completion.scannedFor = rounded(this.#scannedFor);
    this.#completion = Object.assign(completion, this.#upstream, this.#learned);
    // What was answered here is nobody's secret.
    if (this.#releasedAt !== undefined)
      completion.coverage = this.#coverage(requestBytes, responseBytes);
    this.#write();
  }

  /** What was read of what went on, on either side. */
  #coverage(requestBytes: number, responseBytes: number): Completion["coverage"] & {} {
    const request = this.#counters.request?.total ?? unread("no rule asks", requestBytes);
    const response = this.#counters.response?.total ?? unread("opaque", responseBytes);
    return { request, response };
  }

  /** The completion follows the intent, whichever was known first; a client may leave before it is judged. */
  #write(): void {
    const completion = this.#completion;
    if (completion === undefined) return;
    this.#intent?.then(
      () => this.#parts.audit.complete(completion),
      () => undefined,
    );
  }
}

function unread(why: string, bytes: number): Coverage {
  return { scanned: {}, unscanned: bytes === 0 ? {} : { [why]: bytes } };
}

/** To the microsecond. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
