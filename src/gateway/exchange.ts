import { unreachable } from "../base/unreachable.ts";
import { Departure, type Gone } from "../core/departure.ts";
import type { Masker } from "../core/finding.ts";
import type { ApprovalId } from "../core/ids.ts";
import { type Edits, handedOver, type Refuse, refuse, type Settled } from "../core/outcome.ts";
import type { Completion } from "../core/record.ts";
import type { RequestHead, ResponseHead } from "../http/message.ts";
import { admit } from "./admit.ts";
import { answerOf } from "./answer.ts";
import type { Arrival } from "./arrival.ts";
import type { Conversation } from "./conversation.ts";
import { HeldBody } from "./held-body.ts";
import { type Hidden, hide, unreadable } from "./hiding.ts";
import { intentOf, localIntent } from "./intent.ts";
import { Ledger } from "./ledger.ts";
import { lookInto } from "./look.ts";
import { answered, decidedBy, openingOf, unsent } from "./opening.ts";
import type { Parts } from "./parts.ts";
import type { Origin, Phase, Port } from "./phase.ts";
import { plainRefusal, spoken } from "./plain-refusal.ts";
import { receive } from "./receive.ts";
import { releaseOf } from "./release.ts";
import { RequestFlow } from "./request-flow.ts";
import { ResponseFlow } from "./response-flow.ts";
import { Watch } from "./watch.ts";

type State =
  /** Nothing has come from Envoy yet. */
  | { readonly kind: "idle" }
  /** The request is held: being read, judged, or parked. */
  | { readonly kind: "held"; readonly flow: RequestFlow; readonly leave: Departure }
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
  readonly #watch: Watch;
  #state: State = { kind: "idle" };
  #flow: RequestFlow | undefined;

  constructor(parts: Parts, port: Port) {
    this.#parts = parts;
    this.#port = port;
    this.#ledger = new Ledger(parts);
    this.#watch = new Watch(() => parts.clock.now());
    this.#response = new ResponseFlow(
      port,
      this.#watch.reporter("response", this.#ledger.report),
      this.#watch,
    );
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

  /** Nothing was answered yet, so Envoy tells another processor all of it, which finds the same approval. */
  handOver(): void {
    if (this.#state.kind !== "held" || this.#ledger.found.approval === undefined) return;
    this.#state.leave.abort(handedOver);
  }

  /** The stream is over: the client left, Envoy failed, or all is done. Idempotent. */
  left(): void {
    if (this.#state.kind === "held") this.#state.leave.abort();
    if (this.#state.kind !== "over" && this.#state.kind !== "idle") this.#complete("aborted");
    if (this.#state.kind !== "over" && this.#flow !== undefined) this.#parts.room.leave();
    this.#state = { kind: "over" };
    this.#flow?.close();
    this.#response.close();
  }

  /** Offers the exchange to whoever watches, once its caller is known. */
  #open(arrival: Arrival): Refuse | undefined {
    const cut = (reason: string) => this.#break(reason);
    const opening = openingOf(arrival, this.#ledger.found, cut);
    const refused = opening && this.#watch.open(this.#parts.recorder, opening);
    if (this.#watch.uri !== undefined) this.#ledger.learn({ recording: this.#watch.uri });
    return refused;
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
    const flow = new RequestFlow(this.#port, body, this.#watch);
    const leave = new Departure();
    this.#flow = flow;
    this.#state = { kind: "held", flow, leave };
    if (end) flow.finish("head");
    void this.#judge(head, origin, body, leave).catch((error) => {
      this.#parts.fault("exchange", error);
      this.#break("internal error");
    });
  }

  async #judge(head: RequestHead, origin: Origin, body: HeldBody, gone: Gone): Promise<void> {
    const { id, at, found } = this.#ledger;
    const revoked = () => this.#break("the session was revoked");
    const judged = (arrival: Arrival) => this.#open(arrival);
    const parked = (approval: ApprovalId) =>
      this.#watch.tell({ kind: "parked", at: this.#watch.now, approval });
    const look = (arrival: Arrival, masker: Masker) => lookInto(arrival, this.#ledger, masker);
    const request = { id, at, head, body, gone, revoked, judged, parked, look };
    const received = receive(this.#parts, request, origin.route);
    if (!received.ok) {
      await this.#settle(head, origin, received.error, undefined);
      return;
    }
    const arrival = received.value;
    const settled = await admit(this.#parts, arrival, found).catch((error): Settled => {
      this.#parts.fault("admit", error);
      return refuse("unavailable", "Sallyport cannot decide now. Nothing was forwarded.");
    });
    // The one that takes over writes it down; a word that was used up here is not left behind.
    if (gone.reason === handedOver && settled.kind === "refuse") this.#break("this processor ends");
    else await this.#settle(head, origin, settled, arrival);
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
    // Refused before it could be judged, and yet by a caller who is known.
    if (arrival !== undefined && found.decision === undefined)
      settled = this.#open(arrival) ?? settled;
    let hidden: Hidden | undefined;
    if (arrival !== undefined)
      ({ settled, hidden } = await hide(settled, arrival, this.#parts, this.#ledger));
    const intent = intentOf(subject, settled, found);
    try {
      await this.#ledger.intent(intent);
      this.#watch.tell(decidedBy(intent, this.#watch.now));
    } catch (error) {
      this.#parts.fault("audit", error);
      const message = "Sallyport cannot record this request. Nothing was forwarded.";
      settled = refuse("unavailable", message);
    }
    if (found.parkedFor !== undefined) await this.#parts.room.turn();
    if (this.#state.kind !== "held") return;
    if (settled.kind === "refuse" || arrival === undefined) this.#refuse(settled, arrival);
    else await this.#release(settled.edits, arrival, this.#state.flow, hidden);
  }

  #refuse(settled: Settled, arrival: Arrival | undefined): void {
    if (this.#state.kind !== "held") return;
    const { code, message } =
      settled.kind === "refuse"
        ? settled
        : { code: "internal" as const, message: "Sallyport cannot decide now." };
    const refusal = { code, message, caseId: this.#ledger.id };
    const reply =
      arrival === undefined ? plainRefusal(refusal) : spoken(arrival, refusal, this.#parts.fault);
    const { flow } = this.#state;
    this.#ledger.answered(reply.status);
    if (arrival !== undefined && this.#watch.on) this.#watch.tellAll(unsent(arrival, reply));
    this.#state = { kind: "refused" };
    const { clock, limits } = this.#parts;
    const drain = code === "unauthenticated" ? limits.drainStranger : limits.drain;
    flow.refuse(reply, drain, clock, () => this.#complete("refused"));
  }

  async #release(
    edits: Edits,
    arrival: Arrival,
    flow: RequestFlow,
    hidden: Hidden | undefined,
  ): Promise<void> {
    const around = { parts: this.#parts, ledger: this.#ledger, watch: this.#watch };
    const release = releaseOf(arrival, edits, hidden, around);
    if (!release.ok) {
      this.#refuse(unreadable(release.error), arrival);
      return;
    }
    if (arrival.parser.judged !== undefined)
      this.#watch.tell({
        kind: "requestGist",
        at: this.#watch.now,
        chunk: arrival.body.judged(),
      });
    this.#state = { kind: "admitted", flow, edits, arrival };
    this.#ledger.released();
    await flow.release(release.value);
  }

  #respond(head: ResponseHead, origin: Origin, end: boolean): void {
    this.#ledger.answered(head.status);
    if (this.#state.kind !== "admitted") {
      this.#respondLocally(head, origin, end);
      return;
    }
    const { edits, arrival } = this.#state;
    this.#ledger.upstreamAnswered(head);
    const around = { parts: this.#parts, ledger: this.#ledger, watch: this.#watch };
    const answer = answerOf(head, end, arrival, edits, around);
    if (!answer.ok) {
      const { id: caseId } = this.#ledger;
      const reply = plainRefusal({ code: "response_unreadable", message: answer.error, caseId });
      this.#response.close();
      this.#watch.tellAll(answered(reply));
      this.#port.send({ kind: "reply", reply });
      return;
    }
    const { maskers, body, watchers } = answer.value;
    const set = [["x-sallyport-record", this.#ledger.id]] as const;
    this.#response.begin(head, end, maskers, body, set, watchers);
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
    // Whoever leaves comes by here once more; what the answer said of itself is read once.
    if (this.#ledger.over) return;
    const model = this.#response.learnt();
    if (model !== undefined) this.#ledger.learn({ model });
    const reversal = this.#state.kind === "admitted" ? this.#state.edits.reversal : undefined;
    if (reversal !== undefined) this.#ledger.learn({ placeholders: reversal.counts });
    this.#watch.tell({ kind: "end", at: this.#watch.now, end });
    this.#ledger.complete(end, this.#flow?.received ?? 0, this.#response.sent);
  }
}
