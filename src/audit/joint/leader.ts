import type { JointLog } from "./joint-log.ts";
import type { LeafStream, Lease } from "./stream.ts";

export interface LeaderOptions {
  readonly stream: LeafStream;
  readonly lease: Lease;
  readonly open: () => Promise<JointLog>;
}

const parcelsAtOnce = 64;

/** Moves what waits in the stream into the shared log, whenever the lease is with this replica. */
export class Leader {
  readonly #options: LeaderOptions;
  #log: JointLog | undefined;

  constructor(options: LeaderOptions) {
    this.#options = options;
  }

  /** Whether this replica does the sequencing now. */
  leads(): boolean {
    return this.#log !== undefined;
  }

  /** Empties the stream if the lease can be had; throws when that fails, and begins anew the next time. */
  async advance(): Promise<void> {
    const { stream, lease, open } = this.#options;
    try {
      while (await lease.hold()) {
        this.#log ??= await open();
        const waiting = await stream.read(parcelsAtOnce);
        const last = waiting.at(-1);
        if (last === undefined) return;
        await this.#log.add(waiting.flatMap(({ parcel }) => parcel.leaves));
        await stream.trim(last.id);
      }
      this.#log = undefined;
    } catch (error) {
      this.#log = undefined;
      throw error;
    }
  }

  /** Lets another replica take over at once. */
  async stop(): Promise<void> {
    const led = this.#log !== undefined;
    this.#log = undefined;
    if (led) await this.#options.lease.release();
  }
}
