import type { ProcessorStream, StreamListener } from "../transport.ts";
import { type Reason, reason, type Status, status } from "./codes.ts";
import { Inbound, type Receiving } from "./inbound.ts";
import { head, plainHead, type Refusal, trailers, trailersOnly } from "./responses.ts";
import { Outbound, type Sender, type Sending } from "./sender.ts";

/** What a stream needs of the connection that carries it. */
export interface Carrier {
  readonly sender: Sender;
  /** Something is to be sent, by the end of this turn of the event loop. */
  wake(): void;
  /** `goOn` is to be called, by the end of this turn. */
  later(stream: Stream): void;
  /** The first part of an answer is on its way. */
  answered(): void;
  /** Nothing more comes or goes; `reset`: the other side may not know that yet. */
  over(stream: Stream, reset: boolean): void;
}

/** One stream of HTTP/2, with one call of gRPC in it. */
export class Stream implements ProcessorStream, Sending, Receiving {
  readonly id: number;
  readonly traceparent: string;
  /** When it was opened, in milliseconds. */
  readonly since: number;
  readonly #carrier: Carrier;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  #listener: StreamListener | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Bytes of content that its head announced and that have not come; undefined where it announced none. */
  #announced: number | undefined;
  #answered = false;
  /** Answered while it may go on with what is thrown away. */
  #refused = false;
  #finished = false;
  #localOver = false;
  #remoteOver = false;

  constructor(carrier: Carrier, id: number, since: number, traceparent: string) {
    this.#carrier = carrier;
    this.id = id;
    this.since = since;
    this.traceparent = traceparent;
    this.#inbound = new Inbound(this);
    this.#outbound = new Outbound(id, carrier.sender, this);
  }

  get answered(): boolean {
    return this.#answered;
  }

  /** Tells a listener of all that comes; to be called once. */
  listen(listener: StreamListener): void {
    this.#listener = listener;
    if (!this.#finished) this.#inbound.listen(listener);
  }

  /** Holds the other side to the length of content that it announced. */
  expect(bytes: number): void {
    this.#announced = bytes;
  }

  /** Ends the call after that many milliseconds, as the caller wants. */
  limit(milliseconds: number): void {
    const end = () => this.finish(status.deadlineExceeded, "the caller's time is over");
    this.#timer = setTimeout(end, milliseconds).unref();
  }

  send(message: Buffer): boolean {
    if (this.#finished) return false;
    if (!this.#answered) this.#answer(head);
    const more = this.#outbound.message(message);
    this.#carrier.wake();
    return more;
  }

  pause(): void {
    this.#inbound.pause();
  }

  resume(): void {
    this.#inbound.resume();
  }

  fail(why: string): void {
    this.finish(status.unavailable, why);
  }

  end(): void {
    this.finish(status.ok);
  }

  /** Ends the call with that code, behind what was sent. Idempotent. */
  finish(code: Status, why?: string): void {
    this.#finish((this.#answered ? trailers : trailersOnly)(code, why));
  }

  /** Answers what is no call of gRPC. */
  refuse(code: Refusal, text: string): void {
    this.#refused = true;
    this.#answer(plainHead(code));
    this.#outbound.bytes(Buffer.from(text));
    this.#finish(undefined);
  }

  /** Takes the payload of a frame of DATA that counts for `size`; gives why the stream must end for it. */
  data(bytes: Buffer, start: number, end: number, size: number, last: boolean): Reason | undefined {
    const rest = this.#announced === undefined ? 0 : this.#announced - (end - start);
    if (rest < 0 || (last && rest > 0)) return reason.protocol;
    if (this.#announced !== undefined) this.#announced = rest;
    this.#remoteOver ||= last;
    if (!this.#inbound.data(bytes, start, end, size)) return reason.flowControl;
    if (last) this.#ended();
    return undefined;
  }

  /** The other side has sent all, without another byte; gives why the stream must end for it. */
  halfClose(): Reason | undefined {
    if ((this.#announced ?? 0) > 0) return reason.protocol;
    this.#remoteOver = true;
    this.#ended();
    return undefined;
  }

  get halfClosed(): boolean {
    return this.#remoteOver;
  }

  /** The other side takes that much more, or less. False where that is more than any. */
  grow(by: number): boolean {
    return this.#outbound.grow(by);
  }

  goOn(): void {
    this.#inbound.goOn();
  }

  handOver(): void {
    this.#listener?.handOver();
  }

  /** Ends it here and now; the other side is told why, or has told us. */
  drop(why?: Reason): void {
    if (why !== undefined) this.#carrier.sender.outbox.reset(this.id, why);
    this.#finished = true;
    this.#localOver = true;
    this.#remoteOver = true;
    this.#inbound.discard();
    this.#outbound.drop();
    this.#carrier.over(this, why !== undefined);
  }

  /** Tells the listener that it is over. */
  close(): void {
    clearTimeout(this.#timer);
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.closed();
  }

  drained(): void {
    this.#listener?.drained();
  }

  finished(): void {
    this.#localOver = true;
    if (this.#remoteOver) this.#carrier.over(this, false);
    // What else comes of a call that has its answer is nobody's, and must not be waited for (RFC 9113 section 8.1).
    else if (!this.#refused) this.drop(reason.none);
  }

  taken(bytes: number): void {
    if (this.#remoteOver) return;
    this.#carrier.sender.outbox.windowUpdate(this.id, bytes);
    this.#carrier.wake();
  }

  unreadable(code: Status, why: string): void {
    this.finish(code, why);
  }

  later(): void {
    this.#carrier.later(this);
  }

  #answer(block: Buffer): void {
    this.#answered = true;
    this.#carrier.answered();
    this.#carrier.sender.outbox.headers(this.id, block, false);
  }

  #finish(block: Buffer | undefined): void {
    if (this.#finished) return;
    this.#finished = true;
    if (!this.#answered) this.#carrier.answered();
    this.#answered = true;
    this.#inbound.discard();
    this.#outbound.finish(block);
    this.#carrier.wake();
  }

  #ended(): void {
    this.#inbound.end();
    if (this.#localOver) this.#carrier.over(this, false);
  }
}
