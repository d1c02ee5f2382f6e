import { flag, frame, headSize, longestFrame, type Reason } from "./codes.ts";

/** Where a connection's bytes go: a socket. */
export interface Wire {
  /** Bytes that were written and have not left yet. */
  readonly waiting: number;
  write(bytes: Buffer): void;
  /** Writes nothing more; closes when all has left. */
  end(): void;
  destroy(): void;
}

const roomSize = 65_536;
/** What precedes each message of gRPC: a byte that says whether it is compressed, and its length in four. */
export const prefixSize = 5;

/** Says that our table of header lines is empty from now on (RFC 7541 section 6.3): nothing of ours is ever in it. */
const emptyTable = 0x20;

/** Frames on their way out. Those of one turn of the event loop leave in one write. */
export class Outbox {
  readonly #wire: Wire;
  #room: Buffer = Buffer.alloc(0);
  /** From here to there is what has not been written. */
  #from = 0;
  #to = 0;
  /** Where the last frame begins, if it is of DATA, and of which stream. */
  #data = -1;
  #dataStream = 0;
  #tableCut = false;
  #sent = 0;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Bytes that have not left yet. */
  get waiting(): number {
    return this.#to - this.#from + this.#wire.waiting;
  }

  /** Frames of DATA that were written. */
  get sent(): number {
    return this.#sent;
  }

  flush(): void {
    this.#data = -1;
    if (this.#to === this.#from) return;
    this.#wire.write(this.#room.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }

  /** A message of gRPC, in a frame by itself or behind what went before it in the same frame. */
  message(stream: number, message: Uint8Array): void {
    this.#grow(stream, prefixSize + message.length);
    this.#room[this.#to] = 0;
    this.#to = this.#room.writeUInt32BE(message.length, this.#to + 1);
    this.#room.set(message, this.#to);
    this.#to += message.length;
  }

  /** Bytes of DATA. */
  data(stream: number, bytes: Uint8Array): void {
    this.#grow(stream, bytes.length);
    this.#room.set(bytes, this.#to);
    this.#to += bytes.length;
  }

  /** An empty frame of DATA, the last of its stream. */
  endOfData(stream: number): void {
    this.#head(0, frame.data, flag.endStream, stream);
  }

  /** A whole header block. */
  headers(stream: number, block: Buffer, last: boolean): void {
    const flags = flag.endHeaders | (last ? flag.endStream : 0);
    this.#head(block.length + (this.#tableCut ? 1 : 0), frame.headers, flags, stream);
    if (this.#tableCut) this.#room[this.#to++] = emptyTable;
    this.#tableCut = false;
    this.#copy(block);
  }

  /** The other side keeps less of a table than it did: to be said before the next line (RFC 7541 section 4.2). */
  cutTable(): void {
    this.#tableCut = true;
  }

  reset(stream: number, why: Reason): void {
    this.#head(4, frame.reset, 0, stream);
    this.#number(why);
  }

  windowUpdate(stream: number, by: number): void {
    this.#head(4, frame.windowUpdate, 0, stream);
    this.#number(by);
  }

  settings(payload: Buffer): void {
    this.#head(payload.length, frame.settings, 0, 0);
    this.#copy(payload);
  }

  acknowledgeSettings(): void {
    this.#head(0, frame.settings, flag.ack, 0);
  }

  ping(flags: number, payload: Buffer): void {
    this.#head(payload.length, frame.ping, flags, 0);
    this.#copy(payload);
  }

  goaway(last: number, why: Reason, text: string): void {
    this.#head(8 + text.length, frame.goaway, 0, 0);
    this.#number(last);
    this.#number(why);
    this.#to += this.#room.write(text, this.#to, "latin1");
  }

  /** Makes room for more DATA of a stream: in its last frame, if nothing came behind that, else in a new one. */
  #grow(stream: number, length: number): void {
    const at = this.#data;
    const before = this.#to - at - headSize;
    if (at >= 0 && stream === this.#dataStream && before + length <= longestFrame)
      if (this.#to + length <= this.#room.length) {
        this.#room.writeUIntBE(before + length, at, 3);
        return;
      }
    this.#head(length, frame.data, 0, stream);
    this.#data = this.#to - headSize;
    this.#dataStream = stream;
    this.#sent += 1;
  }

  #head(length: number, type: number, flags: number, stream: number): void {
    if (this.#to > 0 && this.waiting === 0) this.#reuse();
    if (this.#to + headSize + length > this.#room.length) {
      this.flush();
      this.#room = Buffer.allocUnsafeSlow(roomSize);
      this.#from = 0;
      this.#to = 0;
    }
    this.#data = -1;
    const room = this.#room;
    const at = room.writeUIntBE(length, this.#to, 3);
    room[at] = type;
    room[at + 1] = flags;
    this.#to = room.writeUInt32BE(stream, at + 2);
  }

  /** All that was written has left, so that nobody reads in this room any more. */
  #reuse(): void {
    this.#from = 0;
    this.#to = 0;
  }

  #number(value: number): void {
    this.#to = this.#room.writeUInt32BE(value, this.#to);
  }

  #copy(bytes: Buffer): void {
    this.#to += bytes.copy(this.#room, this.#to);
  }
}
