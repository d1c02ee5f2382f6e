import { type Status, status } from "./codes.ts";
import { prefixSize } from "./outbox.ts";

/** Envoy's messages hold no more than its buffers do, a megabyte or so. */
const longestMessage = 16 * 1024 * 1024;
/** The most that is set aside for a message before any of it has come; what is longer grows as it comes. */
const firstRoom = 80 * 1024;

/** What of gRPC cannot be read. */
export class MessageError extends Error {
  readonly status: Status;

  constructor(code: Status, message: string) {
    super(message);
    this.name = "MessageError";
    this.status = code;
  }
}

/** Puts the messages of one call together. Keeps none of the pieces that it is given. */
export class MessageReader {
  /** The message that `read` has made whole, until it reads on. It may be a view of what was read. */
  message: Buffer | undefined;
  /** Bytes of the prefix that have come, and the length that they say. */
  #prefix = 0;
  #length = 0;
  #room: Buffer = nothing;
  #size = 0;

  /** Whether a message has begun that has not ended. */
  get unfinished(): boolean {
    return this.#prefix > 0;
  }

  /** Reads from `at` up to the end of one message at most, and gives where it stopped. Throws a MessageError. */
  read(bytes: Buffer, from: number, end: number): number {
    this.message = undefined;
    let at = from;
    while (this.#prefix < prefixSize) {
      if (at >= end) return at;
      this.#begin(bytes[at++] ?? 0);
    }
    if (this.#size === 0 && end - at >= this.#length) {
      this.message = bytes.subarray(at, at + this.#length);
      at += this.#length;
    } else at += this.#keep(bytes, at, end);
    if (this.message !== undefined) this.#prefix = 0;
    return at;
  }

  #begin(byte: number): void {
    if (this.#prefix === 0) {
      if (byte !== 0) throw new MessageError(status.unimplemented, "a compressed message");
      this.#length = 0;
    } else this.#length = this.#length * 256 + byte;
    this.#prefix += 1;
    if (this.#prefix === prefixSize && this.#length > longestMessage)
      throw new MessageError(status.resourceExhausted, `a message of ${this.#length} bytes`);
  }

  #keep(bytes: Buffer, at: number, end: number): number {
    const length = Math.min(end - at, this.#length - this.#size);
    const size = this.#size + length;
    if (size > this.#room.length || this.#size === 0) this.#grow(size);
    bytes.copy(this.#room, this.#size, at, at + length);
    this.#size = size;
    if (size < this.#length) return length;
    this.message = this.#room;
    this.#room = nothing;
    this.#size = 0;
    return length;
  }

  /** Twice as much at least, so that a long message is copied no more than twice in all. */
  #grow(size: number): void {
    const wanted = Math.max(firstRoom, size, this.#room.length * 2);
    const room = Buffer.allocUnsafeSlow(Math.min(this.#length, wanted));
    this.#room.copy(room, 0, 0, this.#size);
    this.#room = room;
  }
}

const nothing = Buffer.alloc(0);
