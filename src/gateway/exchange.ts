import type { Result } from "../base/result.ts";
import { unreachable } from "../base/unreachable.ts";
import type { Operation } from "../core/operation.ts";
import type { Edits, Settled } from "../core/outcome.ts";
import type { Completion } from "../core/record.ts";
import type { Reply, RequestHead, ResponseHead } from "../http/message.ts";
import { pipe } from "../http/transform.ts";
import { contentLens } from "../protocols/content-lens.ts";
import { admit } from "./admit.ts";
import type { Arrival } from "./arrival.ts";
import { channels } from "./channels.ts";
import type { Conversation } from "./conversation.ts";
import { HeldBody } from "./held-body.ts";
import { intentOf, localIntent } from "./intent.ts";
import { Ledger } from "./ledger.ts";
import type { Parts } from "./parts.ts";
import type { Origin, Phase, Port } from "./phase.ts";
import { plainRefusal } from "./plain-refusal.ts";
import { type ReadableBody, readableBody, unread } from "./readable-body.ts";
import { receive } from "./receive.ts";
import { requestEdits } from "./request-edits.ts";
import { RequestFlow } from "./request-flow.ts";
import { ResponseFlow } from "./response-flow.ts";

type State =
  /** Nothing has come from Envoy yet. */
  | { readonly kind: "idle" }
  /** The request is held: being read, judged, or parked. */
  | { readonly kind: "held"; readonly flow: RequestFlow; readonly leave: AbortController }
  /** Let go on; the response is masked with these edits. */
  | {
      readonly kind: "admitted";
      readonly flow: RequestFlow;
      readonly edits: Edits;
      readonly arrival: Arrival;
    }
  /** Our own answer is on its way, or will be when the client has sent everything. */
  | { readonly kind: "refused" }
  /** Envoy itself answers (a bad token, an unknown host): no request was ever judged. */
  | { readonly kind: "local" }
  | { readonly kind: "over" };

/** One request and its response, for as long as they last. Never throws what it can refuse. */
export class Exchange implements Conversation {
  readonly #parts: Parts;
  readonly #port: Port;
  readonly #ledger: Ledger;
  readonly #response: ResponseFlow;
  #state: State = { kind: "idle" };
  #flow: RequestFlow | undefined;

  constructor(parts: Parts, port: Port) {
    this.#parts = parts;
    this.#port = port;
    this.#ledger = new Ledger(parts);
    this.#response = new ResponseFlow(port, this.#ledger.report);
  }

  /** Takes the next message from Envoy. Throws only on a message that Envoy must not send. */
  receive(phase: Phase): void {
    // Whatever comes after the end is nobody's: it must neither be sent nor sent unmasked.
    if (this.#state.kind === "over") return;
    switch (phase.kind) {
      case "requestHead":
        this.#begin(phase.head, phase.origin, phase.end);
        break;
      case "requestBody":
        this.#flow?.write(phase.chunk, phase.end);
        break;
      case "requestTrailers":
        this.#flow?.finish("trailers");
        break;
      case "responseHead":
        this.#respond(phase.head, phase.origin, phase.end);
        break;
      case "responseBody":
        this.#response.write(phase.chunk, phase.end);
        break;
      case "responseTrailers":
        this.#response.trailers(phase.fields);
        break;
      default:
        unreachable(phase);
    }
    if (this.#port.congested) this.#port.pause();
    if (this.#response.over) this.#complete("completed");
  }

  /** Envoy takes bytes again. */
  drained(): void {
    this.#flow?.drained();
    this.#port.resume();
  }

  /** The stream is over: the client left, Envoy failed, or all is done. Idempotent. */
  left(): void {
    if (this.#state.kind === "held") this.#state.leave.abort();
    if (this.#state.kind !== "over" && this.#state.kind !== "idle") this.#complete("aborted");
    this.#state = { kind: "over" };
    this.#flow?.close();
    this.#response.close();
  }

  /** Ends everything now; Envoy fails the request, or cuts the response short. */
  #break(reason: string): void {
    this.#port.fail(reason);
    this.left();
  }

  #begin(head: RequestHead, origin: Origin, end: boolean): void {
    if (this.#state.kind !== "idle") throw new TypeError("a second request head");
    const { openSpool, limits } = this.#parts;
    const body = new HeldBody(openSpool(), limits.body);
    const flow = new RequestFlow(this.#port, body);
    const leave = new AbortController();
    this.#flow = flow;
    this.#state = { kind: "held", flow, leave };
    if (end) flow.finish("head");
    void this.#judge(head, origin, body, leave.signal).catch((error) => {
      this.#parts.fault("exchange", error);
      this.#break("internal error");
    });
  }

  async #judge(
    head: RequestHead,
    origin: Origin,
    body: HeldBody,
    gone: AbortSignal,
  ): Promise<void> {
    const { id, at, found } = this.#ledger;
    const revoked = () => this.#break("the session was revoked");
    const received = receive(this.#parts, { id, at, head, body, gone, revoked }, origin.route);
    if (!received.ok) {
      await this.#settle(head, origin, received.error, undefined);
      return;
    }
    const arrival = received.value;
    const settled = await admit(this.#parts, arrival, found).catch((error): Settled => {
      this.#parts.fault("admit", error);
      return {
        kind: "refuse",
        code: "unavailable",
        message: "Sallyport cannot decide now. Nothing was forwarded.",
      };
    });
    await this.#settle(head, origin, settled, arrival);
  }

  /** Writes down what was decided, and only then does it. */
  async #settle(
    head: RequestHead,
    origin: Origin,
    decided: Settled,
    arrival: Arrival | undefined,
  ): Promise<void> {
    const { id, at, found } = this.#ledger;
    const subject = { id, at, head, origin, target: arrival?.target };
    let settled = decided;
    try {
      await this.#ledger.intent(intentOf(subject, decided, found));
    } catch (error) {
      this.#parts.fault("audit", error);
      settled = {
        kind: "refuse",
        code: "unavailable",
        message: "Sallyport cannot record this request. Nothing was forwarded.",
      };
    }
    if (this.#state.kind !== "held") return;
    if (settled.kind === "refuse" || arrival === undefined) this.#refuse(settled, arrival);
    else await this.#release(settled.edits, arrival, this.#state.flow);
  }

  #refuse(settled: Settled, arrival: Arrival | undefined): void {
    if (this.#state.kind !== "held") return;
    const { code, message } =
      settled.kind === "refuse"
        ? settled
        : { code: "internal" as const, message: "Sallyport cannot decide now." };
    const refusal = { code, message, caseId: this.#ledger.id };
    const reply = arrival === undefined ? plainRefusal(refusal) : this.#voice(arrival, refusal);
    const { flow } = this.#state;
    this.#ledger.answered(reply.status);
    this.#state = { kind: "refused" };
    const { clock, limits } = this.#parts;
    const drain = code === "unauthenticated" ? limits.drainStranger : limits.drain;
    flow.refuse(reply, drain, clock, () => this.#complete("refused"));
  }

  #voice(arrival: Arrival, refusal: Parameters<typeof plainRefusal>[0]): Reply {
    try {
      return arrival.parser.refuse(refusal);
    } catch (error) {
      this.#parts.fault("refuse", error);
      return plainRefusal(refusal);
    }
  }

  async #release(edits: Edits, arrival: Arrival, flow: RequestFlow): Promise<void> {
    const { head, protocol } = arrival;
    const { requestMaskers = [] } = edits;
    const lens = protocol.requestLens?.(head) ?? contentLens(head.fields);
    const body = requestMaskers.length === 0 ? unread : readableBody(head.fields, lens);
    if (!body.ok) {
      const message = `The request was not forwarded: ${body.error}.`;
      this.#refuse({ kind: "refuse", code: "malformed", message }, arrival);
      return;
    }
    const { lens: read, remove } = body.value;
    const timed = read && this.#ledger.timed(read);
    const transform = timed?.(channels(requestMaskers, this.#ledger.report));
    this.#state = { kind: "admitted", flow, edits, arrival };
    this.#ledger.released();
    await flow.release(requestEdits(edits, remove), transform);
  }

  #readable(
    head: ResponseHead,
    { head: request, protocol, parser }: Arrival,
    end: boolean,
  ): Result<ReadableBody> {
    const lens = protocol.responseLens?.(head, request) ?? contentLens(head.fields);
    if (end || lens === "opaque") return unread;
    const narrow = parser.narrow?.(head, this.#permits);
    const timed = this.#ledger.timed(lens);
    return readableBody(
      head.fields,
      narrow === undefined ? timed : (open) => pipe([narrow, timed(open)]),
    );
  }

  /** Whether policy could let this caller do that, whatever else the request would say. */
  readonly #permits = (operation: Operation): boolean => {
    const { facts } = this.#ledger.found;
    if (facts === undefined) return false;
    const body = new Uint8Array(0);
    return this.#parts.policy().couldLet({ ...facts, body, operations: [operation] });
  };

  #respond(head: ResponseHead, origin: Origin, end: boolean): void {
    this.#ledger.answered(head.status);
    if (this.#state.kind !== "admitted") {
      this.#respondLocally(head, origin, end);
      return;
    }
    const { edits, arrival } = this.#state;
    this.#ledger.upstreamAnswered(head);
    const maskers = [...(edits.responseMaskers ?? []), this.#parts.credentialMasker()];
    const body = this.#readable(head, arrival, end);
    if (!body.ok) {
      const refusal = {
        code: "response_unreadable" as const,
        message: body.error,
        caseId: this.#ledger.id,
      };
      this.#response.close();
      this.#port.send({ kind: "reply", reply: plainRefusal(refusal) });
      return;
    }
    const set = [["x-sallyport-record", this.#ledger.id]] as const;
    this.#response.begin(head, end, maskers, body.value, set, arrival.protocol.meter?.(head));
  }

  /** An answer of Envoy's own to a request that never reached us, or that we still held: recorded, nothing to mask. */
  #respondLocally(head: ResponseHead, origin: Origin, end: boolean): void {
    if (this.#state.kind === "held") this.#state.leave.abort();
    if (this.#state.kind === "idle") {
      const { id, at } = this.#ledger;
      const written = this.#ledger.intent(localIntent(id, at, origin, head.status));
      written.catch((error) => this.#parts.fault("audit", error));
    }
    this.#state = { kind: "local" };
    this.#response.begin(head, end, [], { remove: [] }, [["x-github-request-id", this.#ledger.id]]);
  }

  #complete(end: Completion["end"]): void {
    this.#ledger.found.unwatch?.();
    const model = this.#response.learnt();
    if (model !== undefined) this.#ledger.learn({ model });
    this.#ledger.complete(end, this.#flow?.received ?? 0, this.#response.sent);
  }
}
