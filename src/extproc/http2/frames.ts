/** What precedes each message of gRPC: a byte that says whether it is compressed, and its length in four. */
const prefix = 5;

/** Puts messages of gRPC together from the pieces that HTTP/2 brings. */
export class MessageReader {
  readonly #longest: number;
  readonly #take: (message: Buffer) => void;
  #pieces: Buffer[] = [];
  #size = 0;
  /** Bytes that the message takes whose pieces are kept, with its prefix. */
  #wanted = 0;

  /** No message may be longer than `longest` bytes; `take` is given each, as a view where it lies in one piece. */
  constructor(longest: number, take: (message: Buffer) => void) {
    this.#longest = longest;
    this.#take = take;
  }

  /** Whether a message has begun that has not ended. */
  get unfinished(): boolean {
    return this.#size > 0;
  }

  /** Reads the next piece. Throws a RangeError on what is compressed or too long; nothing is to be read after that. */
  read(piece: Buffer): void {
    if (this.#size === 0) {
      this.#readWhole(piece);
      return;
    }
    this.#pieces.push(piece);
    this.#size += piece.length;
    if (this.#size < this.#wanted) return;
    const joined = Buffer.concat(this.#pieces, this.#size);
    this.#pieces = [];
    this.#size = 0;
    this.#readWhole(joined);
  }

  #readWhole(bytes: Buffer): void {
    let at = 0;
    for (let end = this.#end(bytes, at); end <= bytes.length; end = this.#end(bytes, at)) {
      const message = bytes.subarray(at + prefix, end);
      at = end;
      this.#take(message);
    }
    if (at === bytes.length) return;
    this.#pieces = [at === 0 ? bytes : bytes.subarray(at)];
    this.#size = bytes.length - at;
    this.#wanted = this.#end(bytes, at) - at;
  }

  /** Where the message ends that begins there; where its prefix ends, as long as that is not whole. */
  #end(bytes: Buffer, at: number): number {
    if (bytes.length - at < prefix) return at + prefix;
    if (bytes[at] !== 0) throw new RangeError("a compressed message");
    const length = bytes.readUInt32BE(at + 1);
    if (length > this.#longest) throw new RangeError(`a message of ${length} bytes`);
    return at + prefix + length;
  }
}

/** Messages as they go out, together. */
export function framed(messages: readonly Uint8Array[]): Buffer {
  let size = 0;
  for (const message of messages) size += prefix + message.length;
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const message of messages) {
    bytes[at] = 0;
    at = bytes.writeUInt32BE(message.length, at + 1);
    bytes.set(message, at);
    at += message.length;
  }
  return bytes;
}
