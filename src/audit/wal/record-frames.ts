import { type RecordHead, recordRoom, writeRecord } from "../record/record.ts";
import { closeFrame, frameHeader } from "./frame.ts";

/** Records in their frames, one behind the other in one buffer, as they will stand in the log. */
export class RecordFrames {
  #bytes: Buffer;
  #end = 0;

  /** Room for so many bytes to begin with. */
  constructor(room: number) {
    this.#bytes = Buffer.allocUnsafe(room);
  }

  /** Puts a record behind the others, and gives its payload, as a view; `event` is what `eventText` gave. */
  add(head: RecordHead, event: Uint8Array): Buffer {
    this.#need(frameHeader + recordRoom(head, event));
    const start = this.#end + frameHeader;
    const end = writeRecord(this.#bytes, start, head, event);
    closeFrame(this.#bytes, this.#end, end);
    this.#end = end;
    return this.#bytes.subarray(start, end);
  }

  /** All of it, as a view. */
  all(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  /** A larger buffer takes the place of one that is full; payloads that were given stay views of the old one. */
  #need(room: number): void {
    const needed = this.#end + room;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}
