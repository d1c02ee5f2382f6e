import { ConnectionError, headSize, longestFrame, reason } from "./codes.ts";

/** What a client says first (RFC 9113 section 3.4). */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** Takes one frame whose payload lies in `bytes` from `start` to `end`, for as long as the call lasts. */
export type TakeFrame = (
  type: number,
  flags: number,
  stream: number,
  bytes: Buffer,
  start: number,
  end: number,
) => void;

/** Cuts what a connection brings into frames, wherever the pieces end. Keeps none of the pieces. */
export class FrameReader {
  readonly #take: TakeFrame;
  /** Bytes of the preface that have come. */
  #greeted = 0;
  /** The frame that the last piece cut: its head, then all of it, and how much of it is there. */
  readonly #head = Buffer.alloc(headSize);
  #cut: Buffer | undefined;
  #size = 0;

  constructor(take: TakeFrame) {
    this.#take = take;
  }

  /**
   * Reads the next piece, and begins no frame once the clock shows `until`: gives where it stopped, and what follows is to
   * be read next. Throws a ConnectionError on what is no HTTP/2; nothing is to be read after that.
   */
  read(bytes: Buffer, until = Number.POSITIVE_INFINITY): number {
    let at = this.#greeted < preface.length ? this.#greet(bytes) : 0;
    if (this.#size > 0) at = this.#goOn(bytes, at);
    while (bytes.length - at >= headSize) {
      const end = at + headSize + lengthOf(bytes, at);
      if (end > bytes.length) break;
      this.#tell(bytes, at, end);
      at = end;
      if (performance.now() >= until) return at;
    }
    return at < bytes.length ? this.#goOn(bytes, at) : at;
  }

  #greet(bytes: Buffer): number {
    const length = Math.min(preface.length - this.#greeted, bytes.length);
    const expected = preface.subarray(this.#greeted, this.#greeted + length);
    if (expected.compare(bytes, 0, length) !== 0)
      throw new ConnectionError(reason.protocol, "no preface of HTTP/2");
    this.#greeted += length;
    return length;
  }

  /** Takes more of the frame that is cut, from `at`, and gives where the next one begins. */
  #goOn(bytes: Buffer, from: number): number {
    let at = from;
    if (this.#cut === undefined) {
      const copied = bytes.copy(this.#head, this.#size, at);
      this.#size += copied;
      at += copied;
      if (this.#size < headSize) return at;
      this.#cut = Buffer.allocUnsafeSlow(headSize + lengthOf(this.#head, 0));
      this.#head.copy(this.#cut);
    }
    const copied = bytes.copy(this.#cut, this.#size, at);
    this.#size += copied;
    if (this.#size === this.#cut.length) {
      const whole = this.#cut;
      this.#cut = undefined;
      this.#size = 0;
      this.#tell(whole, 0, whole.length);
    }
    return at + copied;
  }

  #tell(bytes: Buffer, at: number, end: number): void {
    const type = bytes[at + 3] ?? 0;
    const flags = bytes[at + 4] ?? 0;
    this.#take(type, flags, bytes.readUInt32BE(at + 5) & 0x7fff_ffff, bytes, at + headSize, end);
  }
}

function lengthOf(bytes: Buffer, at: number): number {
  const length = bytes.readUIntBE(at, 3);
  if (length > longestFrame)
    throw new ConnectionError(reason.frameSize, "a frame longer than allowed");
  return length;
}
