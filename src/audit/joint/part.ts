import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { Pause } from "../../base/pause.ts";
import type { Keys } from "../transparency/keys-file.ts";
import { referrer } from "../transparency/leaf.ts";
import { signedFile } from "../transparency/signed-file.ts";
import type { TileStore } from "../transparency/tile-store.ts";
import type { Cosign, SignedMemory } from "../transparency/transparency-log.ts";
import type { Wal } from "../wal/wal.ts";
import { JointLog } from "./joint-log.ts";
import { Leader } from "./leader.ts";
import { jointMemory } from "./memory.ts";
import { Monitor } from "./monitor.ts";
import { Shipper } from "./shipper.ts";
import type { LeafStream, Lease } from "./stream.ts";

/** What several replicas share to write one transparency log. */
export interface JointParts {
  readonly store: TileStore;
  readonly stream: LeafStream;
  readonly lease: Lease;
  /** The last signed checkpoint, where every replica finds it. */
  readonly signed: SignedMemory;
  /** The folder of the keys, the same for all of them. */
  readonly keys: string;
}

export interface JointOptions extends JointParts {
  readonly replica: string;
  /** The folder of this replica's records, and one for what it remembers of the log. */
  readonly walDir: string;
  readonly dir: string;
  readonly wal: Wal;
  readonly clock: Clock;
  readonly signers: Keys["signers"];
  readonly reference: Buffer;
  readonly interval: number;
  readonly cosign?: Cosign;
}

/** One replica's part in a shared log: it sends its leaves, sequences while the lease is with it, and checks the log. */
export class JointPart {
  readonly monitor: Monitor;
  readonly #leader: Leader;
  readonly #shipper: Shipper;
  readonly #options: JointOptions;
  readonly #running: Promise<void>;
  #failures: readonly Error[] = [];
  readonly #pause: Pause;

  private constructor(options: JointOptions, monitor: Monitor, shipper: Shipper, leader: Leader) {
    this.#options = options;
    this.#pause = new Pause(options.clock);
    this.monitor = monitor;
    this.#shipper = shipper;
    this.#leader = leader;
    this.#running = this.#run();
  }

  static async start(options: JointOptions): Promise<JointPart> {
    const { store, stream, lease, wal, walDir, replica, signers } = options;
    const origin = signers[0].name;
    const keys = signers.map(({ verifier }) => verifier);
    const refer = referrer(options.reference);
    const path = join(options.dir, "seen.json");
    const common = { dir: walDir, wal, replica, refer };
    const monitor = await Monitor.open({ ...common, store, origin, keys, path });
    const shipper = new Shipper({ ...common, stream, monitor });
    const signed = jointMemory([signedFile(join(options.dir, "signed")), options.signed]);
    const { cosign } = options;
    const open = () =>
      JointLog.open({
        store,
        signed,
        origin,
        signers,
        now: () => options.clock.now(),
        ...(cosign === undefined ? {} : { cosign }),
      });
    return new JointPart(options, monitor, shipper, new Leader({ stream, lease, open }));
  }

  /** Whether this replica does the sequencing now. */
  leads(): boolean {
    return this.#leader.leads();
  }

  /** Why the log does not grow as it should, if so. */
  failure(): Error | undefined {
    return this.#failures[0];
  }

  /** Sends what is left, as far as the stream takes it, and lets another replica sequence. */
  async stop(): Promise<void> {
    this.#pause.stop();
    await this.#running;
    await this.#leader.stop().catch(() => undefined);
  }

  async #run(): Promise<void> {
    while (!this.#pause.stopped) {
      await this.#advance();
      await this.#pause.for(this.#options.interval);
    }
    await this.#advance();
  }

  /** Sends, sequences, and looks at once for what was sequenced. */
  async #advance(): Promise<void> {
    const failures: Error[] = [];
    for (const part of [this.#shipper, this.#leader, this.monitor])
      await part.advance().catch((error) => {
        failures.push(error instanceof Error ? error : new Error(String(error)));
      });
    this.#failures = failures;
  }
}
