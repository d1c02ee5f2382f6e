import { encodeLeaf, type Refer } from "../transparency/leaf.ts";
import type { Position } from "../wal/segment.ts";
import type { Wal } from "../wal/wal.ts";
import type { Monitor } from "./monitor.ts";
import type { LeafStream } from "./stream.ts";

export interface ShipperOptions {
  readonly replica: string;
  readonly wal: Pick<Wal, "records">;
  readonly stream: LeafStream;
  readonly monitor: Pick<Monitor, "advance" | "n" | "position">;
  readonly refer: Refer;
}

const parcelItems = 256;
const mostUnderway = 65_536;
const mostFutile = 3;

/** Sends the leaves of one replica to the sequencer, in their order, and again what did not come into the log. */
export class Shipper {
  readonly #options: ShipperOptions;
  /** The number of the next record to send, and where it stands. */
  #next: number;
  #position: Position | undefined;
  #last: string | undefined;
  /** How often in a row everything was sent again from the same record on. */
  #futile = 0;
  #sentAgainFrom: number | undefined;

  constructor(options: ShipperOptions) {
    this.#options = options;
    this.#next = options.monitor.n();
    this.#position = options.monitor.position();
  }

  /** Finds out what has arrived, and sends what is new; throws while nothing that it sends comes into the log. */
  async advance(): Promise<void> {
    const { monitor, stream, replica } = this.#options;
    const waiting = this.#last !== undefined && (await stream.has(this.#last));
    await monitor.advance();
    // What neither waits nor has arrived is lost: the stream's Redis began anew, or a leaf before it was lost.
    if (!waiting && monitor.n() < this.#next) this.#sendAgain();
    else if (monitor.n() !== this.#sentAgainFrom) this.#futile = 0;
    while (this.#next - monitor.n() < mostUnderway && (await this.#send()));
    if (this.#futile >= mostFutile)
      throw new Error(
        `the shared audit log does not take record ${monitor.n()} of ${replica}: another replica has that name, or its records began anew`,
      );
  }

  #sendAgain(): void {
    const { monitor } = this.#options;
    this.#futile = this.#sentAgainFrom === monitor.n() ? this.#futile + 1 : 1;
    this.#sentAgainFrom = monitor.n();
    this.#next = monitor.n();
    this.#position = monitor.position();
  }

  /** Sends one parcel; false when there was less to send than fits in one. */
  async #send(): Promise<boolean> {
    const { replica, wal, stream, refer } = this.#options;
    const leaves: Buffer[] = [];
    let position = this.#position;
    for await (const logged of wal.records(position, this)) {
      leaves.push(encodeLeaf(logged, refer));
      position = logged.next;
      if (leaves.length === parcelItems) break;
    }
    if (leaves.length === 0) return false;
    this.#last = await stream.add({ replica, leaves });
    this.#next += leaves.length;
    this.#position = position;
    return leaves.length === parcelItems;
  }
}
