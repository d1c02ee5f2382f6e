import type { Fault } from "../transport.ts";
import { Budgets } from "./budgets.ts";
import { ConnectionError, flag, frame, reason, widestWindow } from "./codes.ts";
import { FrameReader } from "./frame-reader.ts";
import { HeaderBlock } from "./header-block.ts";
import { HpackReader } from "./hpack.ts";
import { Outbox, type Wire } from "./outbox.ts";
import { ownSettings, readSettings } from "./peer-settings.ts";
import { Sender } from "./sender.ts";
import { type Answer, Streams } from "./streams.ts";
import { Turn } from "./turn.ts";

/** Bytes that all streams together may send before they must wait for us; each has its own window within. */
const window = 16 * 1_048_576;
/** Bytes on their way out beyond which the other side reads nothing, and will not. */
const mostUnread = 8 * 1_048_576;
const pingSize = 8;
/** The ping whose answer says that the other side knows that we go. */
const farewell = Buffer.from("farewell");
const question = Buffer.from("anybody?");

/** One connection of HTTP/2, the server's side of it (RFC 9113), between a wire and whoever answers its streams. */
export class Connection {
  readonly #wire: Wire;
  readonly #fault: Fault;
  readonly #outbox: Outbox;
  readonly #sender: Sender;
  readonly #turn: Turn;
  readonly #budgets = new Budgets();
  readonly #hpack = new HpackReader();
  readonly #block = new HeaderBlock();
  readonly #streams: Streams;
  readonly #reader: FrameReader;
  /** Bytes that the other side may send, and those that it has sent since it was last told. */
  #room = window;
  #credit = 0;
  #introduced = false;
  /** Leaving: that was said. Left: nothing new is taken. Over: nothing is taken at all. */
  #state: "open" | "leaving" | "left" | "over" = "open";

  /** `fault` is told of what is wrong with us, and not with what was sent. */
  constructor(wire: Wire, answer: Answer, fault: Fault = () => undefined) {
    this.#wire = wire;
    this.#fault = fault;
    this.#outbox = new Outbox(wire);
    this.#sender = new Sender(this.#outbox);
    this.#turn = new Turn(this.#sender, () => this.#settled());
    const parts = { sender: this.#sender, turn: this.#turn, budgets: this.#budgets };
    this.#streams = new Streams({ ...parts, hpack: this.#hpack, answer });
    this.#reader = new FrameReader((type, flags, stream, bytes, start, end) =>
      this.#frame(type, flags, stream, bytes, start, end),
    );
    this.#outbox.settings(ownSettings);
    this.#outbox.windowUpdate(0, window - 65_535);
    this.#outbox.flush();
  }

  /**
   * Takes what the wire brings, for so many milliseconds: gives what is left then, to be read before anything else. Throws
   * nothing: what must not be ends the connection.
   */
  read(bytes: Buffer, longest = Number.POSITIVE_INFINITY): Buffer {
    let at = bytes.length;
    if (this.#state === "over") return bytes.subarray(at);
    this.#turn.begin();
    this.#streams.now = performance.now();
    try {
      at = this.#reader.read(bytes, this.#streams.now + longest);
    } catch (error) {
      this.#break(error);
    }
    this.#turn.settle();
    return bytes.subarray(at);
  }

  /** The wire takes more again. */
  drained(): void {
    this.#turn.wake();
  }

  /** The wire is no more. */
  lost(): void {
    this.#state = "over";
    this.#streams.drop();
  }

  /** Asks whether the other side is there. */
  ping(): void {
    if (this.#state === "over") return;
    this.#outbox.ping(0, question);
    this.#turn.wake();
  }

  /** What can be done as well elsewhere is left to others. */
  handOver(): void {
    this.#streams.handOver();
  }

  /** Says that we go: what is open comes to its end, and as soon as the other side knows, nothing new is taken. */
  leave(): void {
    if (this.#state !== "open") return;
    this.#state = "leaving";
    this.#outbox.goaway(widestWindow, reason.none, "");
    this.#outbox.ping(0, farewell);
    this.#turn.wake();
  }

  #settled(): void {
    if (this.#wire.waiting > mostUnread) this.#wire.destroy();
    else if (this.#state === "over" || (this.#state === "left" && this.#streams.size === 0))
      this.#wire.end();
  }

  #break(error: unknown): void {
    const told = error instanceof ConnectionError;
    if (!told) this.#fault(error);
    const why = told ? error.reason : reason.internal;
    this.#state = "over";
    this.#streams.drop();
    this.#outbox.goaway(this.#streams.last, why, told ? error.message : "");
  }

  #frame(
    type: number,
    flags: number,
    stream: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    if (this.#block.stream !== 0 && type !== frame.continuation)
      throw new ConnectionError(reason.protocol, "a header block that does not go on");
    if (!this.#introduced && (type !== frame.settings || (flags & flag.ack) !== 0))
      throw new ConnectionError(reason.protocol, "no settings at first");
    switch (type) {
      case frame.data:
        this.#data(flags, stream, bytes, start, end);
        return;
      case frame.headers:
        this.#headers(flags, stream, bytes, start, end);
        return;
      case frame.continuation: {
        const block = this.#block.goOn(stream, flags, bytes.subarray(start, end));
        if (block !== undefined)
          this.#streams.headers(stream, block, 0, block.length, this.#block.ends);
        return;
      }
      case frame.reset:
        expectSize(end - start, 4);
        this.#streams.reset(stream);
        return;
      case frame.windowUpdate:
        this.#windowUpdate(stream, bytes, start, end);
        return;
      case frame.pushPromise:
        throw new ConnectionError(reason.protocol, "a promise by a client");
      default:
        this.#budgets.noise(this.#streams.now);
        this.#noise(type, flags, stream, bytes, start, end);
    }
  }

  /** Frames that move no stream on. Unknown ones are nothing at all. */
  #noise(
    type: number,
    flags: number,
    stream: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    switch (type) {
      case frame.priority:
        this.#priority(stream, bytes, start, end);
        return;
      case frame.settings:
        expectNoStream(stream);
        this.#settings(flags, bytes, start, end);
        return;
      case frame.ping:
        expectNoStream(stream);
        expectSize(end - start, pingSize);
        this.#ping(flags, bytes.subarray(start, end));
        return;
      case frame.goaway:
        expectNoStream(stream);
        if (end - start < 8) throw new ConnectionError(reason.frameSize, "a GOAWAY that is cut");
    }
  }

  #data(flags: number, stream: number, bytes: Buffer, start: number, end: number): void {
    const size = end - start;
    if (size > this.#room) throw new ConnectionError(reason.flowControl, "more than the window");
    this.#room -= size;
    this.#credit += size;
    const padding = paddingOf(flags, bytes, start, end);
    const from = (flags & flag.padded) === 0 ? start : start + 1;
    const last = (flags & flag.endStream) !== 0;
    this.#streams.data(stream, bytes, from, end - padding, size, last);
    // What is held is held within each stream's window: no stream may stop the others.
    if (this.#credit < window / 2) return;
    this.#outbox.windowUpdate(0, this.#credit);
    this.#room += this.#credit;
    this.#credit = 0;
  }

  #headers(flags: number, stream: number, bytes: Buffer, start: number, end: number): void {
    const to = end - paddingOf(flags, bytes, start, end);
    let from = (flags & flag.padded) === 0 ? start : start + 1;
    if ((flags & flag.priority) !== 0) from += 5;
    if (from > to) throw new ConnectionError(reason.frameSize, "a frame too short for its flags");
    const last = (flags & flag.endStream) !== 0;
    if ((flags & flag.endHeaders) === 0) this.#block.begin(stream, flags, bytes.subarray(from, to));
    else this.#streams.headers(stream, bytes, from, to, last);
    if ((flags & flag.priority) !== 0) this.#dependsOn(stream, bytes.readUInt32BE(from - 5));
  }

  #windowUpdate(stream: number, bytes: Buffer, start: number, end: number): void {
    expectSize(end - start, 4);
    this.#budgets.windowUpdate(this.#outbox.sent);
    const by = bytes.readUInt32BE(start) & widestWindow;
    if (stream !== 0) {
      this.#streams.grow(stream, by);
      return;
    }
    if (by === 0) throw new ConnectionError(reason.protocol, "a window that does not move");
    this.#sender.grow(by);
  }

  #priority(stream: number, bytes: Buffer, start: number, end: number): void {
    if (stream === 0) throw new ConnectionError(reason.protocol, "a priority of no stream");
    if (end - start === 5) this.#dependsOn(stream, bytes.readUInt32BE(start));
    else this.#streams.fault(stream, reason.frameSize, "a priority of another length");
  }

  /** Priorities count for nothing here, but for this (RFC 7540 section 5.3.1). */
  #dependsOn(stream: number, other: number): void {
    if ((other & widestWindow) === stream)
      this.#streams.fault(stream, reason.protocol, "a stream that depends on itself");
  }

  #settings(flags: number, bytes: Buffer, start: number, end: number): void {
    if ((flags & flag.ack) !== 0) {
      expectSize(end - start, 0);
      return;
    }
    this.#introduced = true;
    const { initialWindow, smallTable } = readSettings(bytes, start, end);
    if (initialWindow !== undefined) this.#streams.resize(initialWindow);
    if (smallTable) this.#outbox.cutTable();
    this.#outbox.acknowledgeSettings();
  }

  #ping(flags: number, payload: Buffer): void {
    if ((flags & flag.ack) === 0) this.#outbox.ping(flag.ack, payload);
    else if (this.#state === "leaving" && payload.equals(farewell)) {
      this.#state = "left";
      this.#streams.refuse();
      this.#outbox.goaway(this.#streams.last, reason.none, "");
    }
  }
}

function paddingOf(flags: number, bytes: Buffer, start: number, end: number): number {
  if ((flags & flag.padded) === 0) return 0;
  if (start === end) throw new ConnectionError(reason.frameSize, "a frame without its padding");
  const padding = bytes[start] ?? 0;
  if (padding > end - start - 1)
    throw new ConnectionError(reason.protocol, "more padding than frame");
  return padding;
}

function expectSize(size: number, expected: number): void {
  if (size !== expected) throw new ConnectionError(reason.frameSize, "a frame of another length");
}

function expectNoStream(stream: number): void {
  if (stream !== 0) throw new ConnectionError(reason.protocol, "a frame that is of no stream");
}
