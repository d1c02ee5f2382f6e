import { ConnectionError, flag, reason } from "./codes.ts";
import { longestList } from "./request.ts";

/** Frames that one block may be cut into: each holds 16 KiB, and no block is longer than 64. */
const mostFrames = 64;

/** A header block that comes in several frames: HEADERS, then CONTINUATION (RFC 9113 section 6.10). */
export class HeaderBlock {
  #stream = 0;
  #ends = false;
  #pieces: Buffer[] = [];
  #size = 0;

  /** The stream whose block has begun and not ended; 0: none. */
  get stream(): number {
    return this.#stream;
  }

  /** Whether the stream ends with it. */
  get ends(): boolean {
    return this.#ends;
  }

  begin(stream: number, flags: number, bytes: Buffer): void {
    this.#stream = stream;
    this.#ends = (flags & flag.endStream) !== 0;
    this.#add(bytes);
  }

  /** Takes the next frame; gives the block if that was the last. */
  goOn(stream: number, flags: number, bytes: Buffer): Buffer | undefined {
    if (stream !== this.#stream || stream === 0)
      throw new ConnectionError(reason.protocol, "a block that goes on where none has begun");
    this.#add(bytes);
    if ((flags & flag.endHeaders) === 0) return undefined;
    const whole = Buffer.concat(this.#pieces, this.#size);
    this.#stream = 0;
    this.#pieces = [];
    this.#size = 0;
    return whole;
  }

  #add(bytes: Buffer): void {
    // A copy: the frame must not be kept.
    this.#pieces.push(Buffer.from(bytes));
    this.#size += bytes.length;
    if (this.#size > longestList || this.#pieces.length > mostFrames)
      throw new ConnectionError(reason.enhanceYourCalm, "a header block longer than any");
  }
}
