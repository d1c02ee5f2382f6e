import type { Clock } from "../base/clock.ts";
import type { Masker } from "../core/finding.ts";
import type { Reply } from "../http/message.ts";
import { concat, passThrough, type Transform } from "../http/transform.ts";
import type { End, HeldBody } from "./held-body.ts";
import type { Drain } from "./parts.ts";
import type { Port } from "./phase.ts";
import type { Release } from "./release.ts";
import { credentialHeaders } from "./request-edits.ts";
import type { Watch } from "./watch.ts";

type State =
  /** Judged or parked: chunks are kept. */
  | { readonly kind: "held" }
  /** Let go: what was kept goes first, and what still comes is kept behind it. */
  | { readonly kind: "releasing"; readonly transform: Transform }
  /** Let go, and all that was kept is gone: chunks pass straight on. */
  | { readonly kind: "flowing"; readonly transform: Transform }
  /** Refused: the rest is read and thrown away, so that the client hears the refusal. */
  | {
      readonly kind: "draining";
      readonly answer: () => void;
      readonly until: number;
      readonly cancel: () => void;
    }
  | { readonly kind: "over" };

/** The request's half of an exchange, from the first held byte to the last one sent on or thrown away. */
export class RequestFlow {
  readonly #port: Port;
  readonly #body: HeldBody;
  readonly #watch: Watch;
  #state: State = { kind: "held" };
  #received = 0;
  #readBy: readonly Masker[] = [];
  /** What goes on has no content coding any more. */
  #decoded = false;
  /** What nobody who watches is shown: it puts in what only the upstream may see. */
  #last: Transform = passThrough;
  #wake: (() => void) | undefined;

  constructor(port: Port, body: HeldBody, watch: Watch) {
    this.#port = port;
    this.#watch = watch;
    this.#body = body;
  }

  /** Bytes that the client sent. */
  get received(): number {
    return this.#received;
  }

  /** Takes a chunk from the client. What comes after the end (Envoy can send that twice) is ignored. */
  write(chunk: Uint8Array, end: boolean): void {
    if (this.#body.end !== undefined) return;
    this.#received += chunk.length;
    switch (this.#state.kind) {
      case "held":
      case "releasing":
        this.#keep(chunk);
        break;
      case "flowing":
        this.#pass(this.#state.transform, chunk);
        break;
      case "draining":
        if (this.#received > this.#state.until) this.#state.answer();
        break;
      case "over":
        return;
    }
    if (end) this.finish("body");
  }

  /** The client has sent everything. */
  finish(end: End): void {
    if (this.#body.end !== undefined) return;
    this.#body.finish(end);
    if (this.#state.kind === "flowing") this.#finishFlow(this.#state.transform);
    else if (this.#state.kind === "draining") this.#state.answer();
    this.#wake?.();
  }

  /**
   * Lets the request go on: its head, what was held, and from then on all that comes. `last` puts in what nobody who
   * watches may see. Rejects when the spool fails.
   */
  async release({ edits, transform, maskers, last = passThrough }: Release): Promise<void> {
    this.#last = last;
    const through = transform ?? passThrough;
    this.#readBy = transform === undefined ? [] : maskers;
    this.#decoded = transform !== undefined;
    this.#state = { kind: "releasing", transform: through };
    this.#port.send({ kind: "requestHead", edits });
    if (this.#body.end === "head") {
      this.#watch.tell({ kind: "requestEnd", at: this.#watch.now });
      this.#state = { kind: "over" };
      return;
    }
    for (
      let chunk = await this.#body.take();
      chunk !== undefined;
      chunk = await this.#body.take()
    ) {
      if (this.#state.kind !== "releasing") return;
      this.#pass(through, chunk);
      while (this.#port.congested) await this.#drained();
    }
    if (this.#state.kind !== "releasing") return;
    this.#state = { kind: "flowing", transform: through };
    if (this.#body.end !== undefined) this.#finishFlow(through);
  }

  /** Answers instead, once the client has sent everything, or enough, or long enough; `done` when it has answered. */
  refuse(reply: Reply, { bytes, within }: Drain, clock: Clock, done: () => void): void {
    this.#body.close();
    const answer = (): void => {
      this.close();
      this.#port.send({ kind: "reply", reply });
      done();
    };
    if (this.#body.end !== undefined) {
      answer();
      return;
    }
    const cancel = clock.after(within, answer);
    this.#state = { kind: "draining", answer, until: this.#received + bytes, cancel };
  }

  /** Envoy takes bytes again. */
  drained(): void {
    this.#wake?.();
  }

  /** The exchange is over, whatever was still to come. */
  close(): void {
    if (this.#state.kind === "draining") this.#state.cancel();
    this.#state = { kind: "over" };
    this.#body.close();
    this.#wake?.();
  }

  #keep(chunk: Uint8Array): void {
    const kept = this.#body.push(chunk);
    if (kept === undefined) return;
    this.#port.pause();
    kept.then(
      () => this.#port.resume(),
      () => this.#port.fail("the request could not be kept while it waits"),
    );
  }

  #pass(transform: Transform, chunk: Uint8Array): void {
    if (this.#watch.raw)
      this.#watch.tell({ kind: "raw", at: this.#watch.now, direction: "request", chunk });
    this.#send(transform.write(chunk));
  }

  #send(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#tell(chunk);
    const sent = this.#last.write(chunk);
    if (sent.length > 0) this.#port.send({ kind: "requestBody", chunk: sent, end: false });
  }

  #tell(chunk: Uint8Array): void {
    this.#watch.tell({
      kind: "requestBody",
      at: this.#watch.now,
      chunk,
      sent: true,
      decoded: this.#decoded,
      readBy: this.#readBy,
    });
  }

  #finishFlow(transform: Transform): void {
    const chunk = transform.flush();
    if (chunk.length > 0) this.#tell(chunk);
    const rest = concat([this.#last.write(chunk), this.#last.flush()]);
    if (this.#body.end === "trailers") {
      if (rest.length > 0) this.#port.send({ kind: "requestBody", chunk: rest, end: false });
      this.#port.send({ kind: "requestTrailers", edits: { set: [], remove: credentialHeaders } });
    } else {
      this.#port.send({ kind: "requestBody", chunk: rest, end: true });
    }
    this.#watch.tell({ kind: "requestEnd", at: this.#watch.now });
    this.#state = { kind: "over" };
    this.#body.close();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#wake = undefined;
        resolve();
      };
      this.#wake = wake;
    });
  }
}
