import type { Clock } from "../../base/clock.ts";
import { Pause } from "../../base/pause.ts";
import { type Item, itemId } from "../record/exchange.ts";
import { type Cursor, type Held, readCursor, writeCursor } from "../wal/cursor-file.ts";
import { Exchanges, type Placed } from "../wal/exchanges.ts";
import { eachRecord, type LoggedRecord, readRecordAt } from "../wal/log-file.ts";
import type { Position } from "../wal/segment.ts";
import { isBefore } from "../wal/tail.ts";
import type { Wal } from "../wal/wal.ts";
import { deliver, type Send } from "./delivery.ts";

export interface ProjectorOptions {
  /** The folder that the log's segments are in. */
  readonly dir: string;
  readonly wal: Pick<Wal, "segments" | "records" | "onDurable">;
  readonly cursor: string;
  readonly clock: Clock;
  readonly send: Send<Item>;
}

const batchItems = 1024;
/** Milliseconds that a batch is given to gather in: each costs a request, whatever its size. */
const gatherFor = 100;
const saveEvery = 1000;
const retryRefusedAfter = 15_000;
const maxRefused = 1024;
const retryReadAfter = 1000;

/**
 * Tells the outside what the log holds: every exchange and act at least once, in the order of their ends, through
 * any outage and restart. What the receiver refuses for good is tried again for ever, without holding up the rest.
 */
export class Projector {
  readonly #options: ProjectorOptions;
  readonly #exchanges = new Exchanges();
  #refused: readonly Placed[] = [];
  #refusedAt = 0;
  #position: Position | undefined;
  #savedAt = Number.NEGATIVE_INFINITY;
  #saved: Position | undefined;
  readonly #pause: Pause;
  #stirred = false;
  #inFlight: readonly Placed[] = [];
  /** What was read and is not delivered yet. */
  #batch: Placed[] = [];
  #running: Promise<void> = Promise.resolve();
  #sent = 0;
  #failure: Error | undefined;

  private constructor(options: ProjectorOptions) {
    this.#options = options;
    this.#pause = new Pause(options.clock);
  }

  /** Takes up where the cursor says, and goes on until it is stopped. */
  static async start(options: ProjectorOptions): Promise<Projector> {
    const projector = new Projector(options);
    await projector.#restore(await readCursor(options.cursor));
    const off = options.wal.onDurable(() => {
      projector.#stirred = true;
      projector.#pause.stir();
    });
    projector.#running = projector.#run().finally(off);
    return projector;
  }

  /** How many items have been delivered since the start, and how many stand refused. */
  counts(): { readonly sent: number; readonly refused: number } {
    return { sent: this.#sent, refused: this.#refused.length };
  }

  /** Why the log cannot be read, if so. */
  failure(): Error | undefined {
    return this.#failure;
  }

  /** The oldest place in the log that is still needed. */
  floor(): Position | undefined {
    const places = [...this.#held().map((held) => held.from)];
    if (this.#position !== undefined) places.push(this.#position);
    return places.reduce<Position | undefined>(
      (low, place) => (low === undefined || isBefore(place, low) ? place : low),
      undefined,
    );
  }

  /** Whether everything durable has been delivered, what is refused apart. */
  idle(): boolean {
    const last = this.#options.wal.segments().at(-1);
    return this.#position?.segment === last?.segment && this.#position?.offset === last?.end;
  }

  async stop(): Promise<void> {
    this.#pause.stop();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#pause.stopped) {
      const batch = this.#refusedAreDue() ? this.#refused : await this.#readOrWait();
      if (batch.length > 0 && !(await this.#deliver(batch))) return;
      if (this.#options.clock.now() - this.#savedAt >= saveEvery) await this.#save();
      // What could not be read was waited for already, and is there though the log does not grow.
      if (batch.length < batchItems && this.#failure === undefined) await this.#rest();
    }
    await this.#save();
  }

  /** Waits for the log to grow, then for more to come; what was delivered is noted within a second all the same. */
  async #rest(): Promise<void> {
    const due = [
      ...(this.#saved === this.#position ? [] : [saveEvery]),
      ...(this.#refused.length > 0 ? [retryRefusedAfter] : []),
    ];
    const most = due.length === 0 ? undefined : Math.min(...due);
    if (!this.#stirred) await this.#pause.untilStirred(most);
    if (this.#stirred) await this.#pause.for(gatherFor);
  }

  #refusedAreDue(): boolean {
    if (this.#refused.length === 0) return false;
    return this.#refused.length >= maxRefused || this.#options.clock.now() >= this.#refusedAt;
  }

  async #deliver(batch: readonly Placed[]): Promise<boolean> {
    this.#inFlight = batch;
    const placed = new Map(batch.map((entry) => [entry.item, entry]));
    const refused = await deliver([...placed.keys()], this.#options.send, {
      pause: (ms) => this.#pause.for(ms),
      stopped: () => this.#pause.stopped,
    });
    if (refused === undefined) return false;
    this.#inFlight = [];
    const again = batch === this.#refused;
    const entries = refused.flatMap((item) => placed.get(item) ?? []);
    this.#sent += batch.length - entries.length;
    if (entries.length > 0 || again)
      this.#refusedAt = this.#options.clock.now() + retryRefusedAfter;
    this.#refused = again ? entries : [...this.#refused, ...entries];
    if (this.#refused.length >= maxRefused) await this.#pause.for(retryRefusedAfter);
    return true;
  }

  /** A log that cannot be read now is read again later; until then `failure` says why. */
  async #readOrWait(): Promise<readonly Placed[]> {
    try {
      const batch = await this.#read();
      this.#failure = undefined;
      return batch;
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      await this.#pause.for(retryReadAfter);
      return [];
    }
  }

  async #read(): Promise<readonly Placed[]> {
    this.#stirred = false;
    await eachRecord(this.#options.wal.records(this.#position, this), this.#readOne);
    const batch = this.#batch;
    this.#batch = [];
    return batch;
  }

  readonly #readOne = (entry: LoggedRecord): boolean => {
    const whole = this.#exchanges.take(entry.record, entry.position);
    this.#position = entry.next;
    if (whole !== undefined) this.#batch.push(whole);
    return this.#batch.length < batchItems;
  };

  #held(): readonly Held[] {
    const waiting = [...this.#refused, ...this.#inFlight, ...this.#batch];
    const refused = waiting.map(({ item, from, to }) => ({ id: itemId(item), from, to }));
    return [...this.#exchanges.held(), ...refused];
  }

  async #save(): Promise<void> {
    if (this.#position === undefined || this.#position === this.#saved) return;
    this.#savedAt = this.#options.clock.now();
    this.#saved = this.#position;
    const cursor: Cursor = { position: this.#position, held: this.#held() };
    // A cursor that cannot be kept costs a repetition after the next start, nothing else.
    await writeCursor(this.#options.cursor, cursor).catch(() => undefined);
  }

  async #restore(cursor: Cursor | undefined): Promise<void> {
    if (cursor === undefined) return;
    const { dir, wal } = this.#options;
    const known = new Set(wal.segments().map((span) => span.segment));
    if (!known.has(cursor.position.segment)) return;
    this.#position = cursor.position;
    for (const { from, to } of cursor.held) {
      if (!known.has(from.segment)) continue;
      const first = this.#exchanges.take(await readRecordAt(dir, from), from);
      const whole =
        to === undefined ? first : this.#exchanges.take(await readRecordAt(dir, to), to);
      if (whole !== undefined) this.#refused = [...this.#refused, whole];
    }
  }
}
