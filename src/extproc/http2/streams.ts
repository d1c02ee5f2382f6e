import { TransientMap } from "../../base/transient-map.ts";
import type { Budgets } from "./budgets.ts";
import { ClosedStreams } from "./closed-streams.ts";
import { ConnectionError, type Reason, reason } from "./codes.ts";
import type { FieldSink } from "./field.ts";
import type { HpackReader } from "./hpack.ts";
import { mostStreams } from "./peer-settings.ts";
import { RequestHead, Trailers } from "./request.ts";
import type { Sender } from "./sender.ts";
import { type Carrier, Stream } from "./stream.ts";
import type { Turn } from "./turn.ts";

/** Answers a stream that was opened with that head; the head is lent for the call. */
export type Answer = (stream: Stream, head: RequestHead) => void;

interface Parts {
  readonly sender: Sender;
  readonly turn: Turn;
  readonly budgets: Budgets;
  readonly hpack: HpackReader;
  readonly answer: Answer;
}

/** The streams of one connection, and what each frame may do to them in their state (RFC 9113 section 5.1). */
export class Streams implements Carrier {
  readonly sender: Sender;
  readonly #parts: Parts;
  readonly #open = new TransientMap<number, Stream>();
  readonly #closed = new ClosedStreams();
  readonly #head = new RequestHead();
  #last = 0;
  #refusing = false;
  /** Milliseconds, as of when the present piece came. */
  now = 0;

  constructor(parts: Parts) {
    this.sender = parts.sender;
    this.#parts = parts;
  }

  /** The last stream that the other side opened. */
  get last(): number {
    return this.#last;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Opens none any more. */
  refuse(): void {
    this.#refusing = true;
  }

  /** A frame of DATA that counts for `size`. */
  data(id: number, bytes: Buffer, start: number, end: number, size: number, last: boolean): void {
    const stream = this.#open.get(id);
    if (stream === undefined) {
      this.#notIdle(id);
      this.#noise();
      if (!this.#closed.wasReset(id)) this.sender.outbox.reset(id, reason.streamClosed);
      return;
    }
    if (size === 0 && !last) this.#noise();
    const why = stream.halfClosed
      ? reason.streamClosed
      : stream.data(bytes, start, end, size, last);
    if (why !== undefined) this.#end(stream, why);
  }

  /** A whole header block. */
  headers(id: number, bytes: Buffer, start: number, end: number, last: boolean): void {
    const { hpack } = this.#parts;
    const stream = this.#open.get(id);
    const read = (sink: FieldSink) => hpack.read(bytes, start, end, sink);
    if (id % 2 === 0) throw new ConnectionError(reason.protocol, "a stream of ours");
    if (stream !== undefined) this.#trailers(stream, read, last);
    else if (id > this.#last) this.#begin(id, read, last);
    else {
      read(new Trailers());
      this.#noise();
      if (this.#closed.wasReset(id)) return;
      const why = this.#closed.wasOpen(id) ? reason.streamClosed : reason.protocol;
      throw new ConnectionError(why, "a stream that cannot be opened");
    }
  }

  reset(id: number): void {
    this.#notIdle(id);
    const { budgets } = this.#parts;
    const stream = this.#open.get(id);
    if (stream === undefined) {
      budgets.lateReset();
      return;
    }
    stream.drop();
    budgets.reset(stream.answered, stream.since, this.now);
  }

  /** The other side takes that much more of a stream. */
  grow(id: number, by: number): void {
    this.#notIdle(id);
    const stream = this.#open.get(id);
    if (stream === undefined) return;
    if (by === 0) this.#end(stream, reason.protocol);
    else if (!stream.grow(by)) this.#end(stream, reason.flowControl);
  }

  /** A stream's frame was wrong in a way that concerns no other. */
  fault(id: number, why: Reason, message: string): void {
    const stream = this.#open.get(id);
    if (stream === undefined) throw new ConnectionError(why, message);
    this.#end(stream, why);
  }

  /** Windows begin with that many bytes from now on, and those of open streams move as far (section 6.9.2). */
  resize(initial: number): void {
    const by = initial - this.sender.initial;
    if (by === 0) return;
    this.sender.initial = initial;
    this.#parts.budgets.resized(this.#open.size, this.now);
    for (const stream of this.#open.values())
      if (!stream.grow(by))
        throw new ConnectionError(reason.flowControl, "a window wider than any");
  }

  handOver(): void {
    for (const stream of this.#open.values()) stream.handOver();
  }

  /** The connection is no more. */
  drop(): void {
    for (const stream of this.#open.values()) stream.drop();
  }

  wake(): void {
    this.#parts.turn.wake();
  }

  later(stream: Stream): void {
    this.#parts.turn.later(stream);
  }

  answered(): void {
    this.#parts.budgets.answered();
  }

  over(stream: Stream, reset: boolean): void {
    if (!this.#open.delete(stream.id)) return;
    this.#closed.add(stream.id, reset);
    this.#parts.turn.gone(stream);
  }

  #begin(id: number, read: (sink: FieldSink) => void, last: boolean): void {
    const { budgets, answer } = this.#parts;
    const head = this.#head;
    this.#last = id;
    head.begin();
    read(head);
    budgets.opened();
    if (this.#refusing || this.#open.size >= mostStreams) {
      this.#turnAway(id, reason.refusedStream);
      return;
    }
    if (!head.wellFormed) {
      this.#turnAway(id, reason.protocol);
      return;
    }
    const stream = new Stream(this, id, this.now, head.traceparent);
    this.#open.set(id, stream);
    if (head.contentLength !== undefined) stream.expect(Number(head.contentLength));
    if (head.tooLong) stream.refuse(431, "the head is too long\n");
    else answer(stream, head);
    const why = last ? stream.halfClose() : undefined;
    if (why !== undefined) this.#end(stream, why);
  }

  #trailers(stream: Stream, read: (sink: FieldSink) => void, last: boolean): void {
    const trailers = new Trailers();
    read(trailers);
    if (stream.halfClosed) this.#end(stream, reason.streamClosed);
    else if (!last || !trailers.wellFormed) this.#end(stream, reason.protocol);
    else {
      const why = stream.halfClose();
      if (why !== undefined) this.#end(stream, why);
    }
  }

  #turnAway(id: number, why: Reason): void {
    this.#noise();
    this.#closed.add(id, true);
    this.sender.outbox.reset(id, why);
  }

  #end(stream: Stream, why: Reason): void {
    this.#noise();
    stream.drop(why);
  }

  #noise(): void {
    this.#parts.budgets.noise(this.now);
  }

  #notIdle(id: number): void {
    if (id > this.#last || id % 2 === 0)
      throw new ConnectionError(reason.protocol, "a frame of a stream that nobody opened");
  }
}
