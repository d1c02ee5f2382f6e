import { ConnectionError, longestFrame, reason, widestWindow } from "./codes.ts";
import { type Outbox, prefixSize } from "./outbox.ts";

/** Bytes on their way out beyond which no more DATA follows, so that a slow reader is not written for in vain. */
const mostAhead = 1_048_576;
/** Bytes of one stream that may wait before no more of it are wanted. */
const mostWaiting = 256 * 1024;

/** What a stream hears of what it sends. */
export interface Sending {
  /** All that waited has gone, after more was not wanted. */
  drained(): void;
  /** All has gone, and nothing comes behind it. */
  finished(): void;
}

/** The connection's part of sending DATA: its window, and whose turn it is. */
export class Sender {
  readonly outbox: Outbox;
  /** What a stream's window begins with. */
  initial = 65_535;
  #window = 65_535;
  readonly #ready = new Set<Outbound>();

  constructor(outbox: Outbox) {
    this.outbox = outbox;
  }

  /** Whether that many bytes may go at once, ahead of nobody. */
  allows(length: number): boolean {
    const free = this.#ready.size === 0 && this.outbox.waiting < mostAhead;
    return free && length <= this.#window && length <= longestFrame;
  }

  spend(length: number): void {
    this.#window -= length;
  }

  /** The other side takes that much more. */
  grow(by: number): void {
    if (this.#window + by > widestWindow)
      throw new ConnectionError(reason.flowControl, "a window of the connection too wide");
    this.#window += by;
    this.pump();
  }

  /** Has something to send, and a window for it. */
  want(outbound: Outbound): void {
    this.#ready.add(outbound);
  }

  forget(outbound: Outbound): void {
    this.#ready.delete(outbound);
  }

  /** Sends as much as the other side takes: a frame of each stream in turn. */
  pump(): void {
    for (const outbound of this.#ready) {
      if (this.#window <= 0 || this.outbox.waiting >= mostAhead) return;
      this.#ready.delete(outbound);
      // Behind the others, if there is more: a set visits what is put in while it is gone through.
      outbound.sendSome(Math.min(this.#window, longestFrame));
    }
  }
}

/** What one stream sends: DATA as far as both windows go, and behind it the block of lines that ends it. */
export class Outbound {
  readonly #id: number;
  readonly #sender: Sender;
  readonly #owner: Sending;
  #window: number;
  #queue: Uint8Array[] = none;
  #waiting = 0;
  #full = false;
  #ending = false;
  #last: Buffer | undefined;

  constructor(id: number, sender: Sender, owner: Sending) {
    this.#id = id;
    this.#sender = sender;
    this.#owner = owner;
    this.#window = sender.initial;
  }

  /** Sends a message of gRPC now, or a copy of it later. False says: no more until `drained`. */
  message(message: Uint8Array): boolean {
    const length = prefixSize + message.length;
    if (this.#queue.length === 0 && length <= this.#window && this.#sender.allows(length)) {
      this.#window -= length;
      this.#sender.spend(length);
      this.#sender.outbox.message(this.#id, message);
      return true;
    }
    const prefix = Buffer.alloc(prefixSize);
    prefix.writeUInt32BE(message.length, 1);
    this.#wait(prefix);
    this.#wait(Buffer.from(message));
    // Until it is drained: it was told so, and waits for that.
    this.#full ||= this.#waiting >= mostWaiting;
    return !this.#full;
  }

  /** Sends bytes as they are. */
  bytes(bytes: Uint8Array): void {
    this.#wait(bytes);
  }

  /** Ends the stream, with that block if there is one, once all that waits has gone. */
  finish(block: Buffer | undefined): void {
    this.#ending = true;
    this.#last = block;
    if (this.#queue.length === 0) this.#end();
  }

  /** The other side takes that much more, or less. False where the window would be wider than any. */
  grow(by: number): boolean {
    if (this.#window + by > widestWindow) return false;
    this.#window += by;
    if (this.#queue.length === 0 || this.#window <= 0) this.#sender.forget(this);
    else this.#sender.want(this);
    return true;
  }

  /** Forgets what waits: nobody wants it any more. */
  drop(): void {
    this.#queue = none;
    this.#waiting = 0;
    this.#sender.forget(this);
  }

  /** Sends one frame of at most that many bytes. */
  sendSome(most: number): void {
    let left = Math.min(most, this.#window);
    for (let next = this.#queue[0]; next !== undefined && left > 0; next = this.#queue[0]) {
      const piece = next.length <= left ? next : next.subarray(0, left);
      this.#sender.outbox.data(this.#id, piece);
      if (piece === next) this.#queue.shift();
      else this.#queue[0] = next.subarray(left);
      left -= piece.length;
      this.#window -= piece.length;
      this.#waiting -= piece.length;
      this.#sender.spend(piece.length);
    }
    if (this.#queue.length === 0) this.#emptied();
    else if (this.#window > 0) this.#sender.want(this);
  }

  #wait(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#queue === none) this.#queue = [];
    this.#queue.push(bytes);
    this.#waiting += bytes.length;
    if (this.#window > 0) this.#sender.want(this);
  }

  #emptied(): void {
    this.#queue = none;
    if (this.#ending) {
      this.#end();
      return;
    }
    if (!this.#full) return;
    this.#full = false;
    this.#owner.drained();
  }

  #end(): void {
    if (this.#last === undefined) this.#sender.outbox.endOfData(this.#id);
    else this.#sender.outbox.headers(this.#id, this.#last, true);
    this.#owner.finished();
  }
}

/** The queue of all that have nothing waiting. */
const none: Uint8Array[] = [];
