import type { StreamListener } from "../transport.ts";
import { type Status, status } from "./codes.ts";
import { MessageError, MessageReader } from "./messages.ts";

/**
 * Bytes that a stream may send before it must wait for us: few, for Envoy gives up a connection on which too many frames
 * wait (`max_outbound_frames`), and those of an event stream may hold a byte each.
 */
export const streamWindow = 65_535;

/** What a stream hears of what comes. */
export interface Receiving {
  /** So many bytes were taken: as many more may come. */
  taken(bytes: number): void;
  /** What came is no call of gRPC. */
  unreadable(code: Status, reason: string): void;
  /** There is something to go on with, but not within this call. */
  later(): void;
}

/** What one stream brings: messages, told as long as somebody wants them, and only then may more come. */
export class Inbound {
  readonly #owner: Receiving;
  readonly #reader = new MessageReader();
  #listener: StreamListener | undefined;
  /** Bytes that came while nobody wanted them. */
  #held: Buffer[] = none;
  #paused = false;
  #ended = false;
  #window = streamWindow;
  #credit = 0;

  constructor(owner: Receiving) {
    this.#owner = owner;
  }

  /** Tells that listener from now on; without one, what comes is thrown away. */
  listen(listener: StreamListener): void {
    this.#listener = listener;
  }

  /** Nobody wants more: what comes is thrown away. */
  discard(): void {
    this.#listener = undefined;
    this.#held = none;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.#held.length > 0 || this.#ended) this.#owner.later();
  }

  /** Takes the payload of a frame that counts for `size`. False where the window did not allow it. */
  data(bytes: Buffer, start: number, end: number, size: number): boolean {
    if (size > this.#window) return false;
    this.#window -= size;
    this.#took(size - (end - start));
    const at = this.#held.length > 0 ? start : this.#read(bytes, start, end);
    if (at < end) this.#hold(bytes, at, end);
    return true;
  }

  /** The other side has sent all. */
  end(): void {
    this.#ended = true;
    this.#tellEnd();
  }

  /** Goes on with what is held. */
  goOn(): void {
    while (!this.#paused) {
      const piece = this.#held.shift();
      if (piece === undefined) break;
      const at = this.#read(piece, 0, piece.length);
      // Not behind what is held: it came before that.
      if (at < piece.length && this.#listener !== undefined) this.#held.unshift(piece.subarray(at));
    }
    this.#tellEnd();
  }

  /** Reads as long as somebody wants it, and gives where it stopped. */
  #read(bytes: Buffer, start: number, end: number): number {
    let at = start;
    try {
      while (at < end && !this.#paused && this.#listener !== undefined) {
        at = this.#reader.read(bytes, at, end);
        const { message } = this.#reader;
        if (message !== undefined) this.#listener.message(message);
      }
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      this.#owner.unreadable(error.status, error.message);
    }
    if (this.#listener === undefined) at = end;
    this.#took(at - start);
    return at;
  }

  #hold(bytes: Buffer, at: number, end: number): void {
    if (this.#held === none) this.#held = [];
    // A copy, and not in a pool: what the socket gave is many times as long.
    const copy = Buffer.allocUnsafeSlow(end - at);
    bytes.copy(copy, 0, at, end);
    this.#held.push(copy);
  }

  #took(bytes: number): void {
    this.#credit += bytes;
    if (this.#credit < streamWindow / 2 || this.#ended) return;
    this.#owner.taken(this.#credit);
    this.#window += this.#credit;
    this.#credit = 0;
  }

  #tellEnd(): void {
    if (!this.#ended || this.#paused || this.#held.length > 0) return;
    const listener = this.#listener;
    if (listener === undefined) return;
    if (this.#reader.unfinished) {
      this.#owner.unreadable(status.internal, "the last message is cut");
      return;
    }
    this.#listener = undefined;
    listener.halfClosed();
  }
}

/** What all hold that hold nothing. */
const none: Buffer[] = [];
