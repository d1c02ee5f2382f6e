import type { Clock } from "../base/clock.ts";
import { pruneAction } from "./record/record.ts";
import type { Position, SegmentSpan } from "./wal/segment.ts";
import type { Wal } from "./wal/wal.ts";

/** How long records are kept, and how much room they may take. */
export interface Retention {
  /** Records older than that go, once they are delivered and in a checkpoint; 396 days (13 months) unless told. */
  readonly days?: number;
  /** Beyond that many bytes the oldest go, likewise; while none may go, nothing new is accepted. No limit unless told. */
  readonly bytes?: number;
}

export interface UpkeepOptions {
  readonly wal: Pick<Wal, "segments" | "dropOldest" | "append" | "keep">;
  readonly clock: Clock;
  readonly retention: Retention;
  /** Places in the log that must stay, with everything after them. */
  readonly floors: () => readonly (Position | undefined)[];
  /** Done each minute too; what fails is tried again a minute later. */
  readonly chores: () => Promise<void>;
  /** The number and time of the first record of a segment. */
  readonly first: (segment: string) => Promise<{ readonly n: number; readonly at: number }>;
}

const every = 60_000;
const day = 86_400_000;

/** Writes a heartbeat each minute, so that silence can be told from an empty hour, and removes what is too old. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  #cancel: () => void = () => undefined;
  #working: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#working = this.#work();
    this.#schedule();
  }

  /** Whether the records take more room than they may. */
  full(): boolean {
    const { bytes } = this.#options.retention;
    return bytes !== undefined && this.#size() > bytes && this.#droppable() === undefined;
  }

  /** Removes what may go; says so in the log first. */
  async #prune(): Promise<void> {
    const { wal, first } = this.#options;
    for (let next = this.#droppable(); next !== undefined; next = this.#droppable()) {
      const { n, at } = await first(next.segment);
      if (!this.#isTooOld(at) && !this.#isTooMuch()) return;
      await wal.append({
        kind: "act",
        act: { action: pruneAction, actor: "sallyport", subject: String(n), outcome: "success" },
      });
      await wal.dropOldest();
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#working;
  }

  async #work(): Promise<void> {
    await this.#prune().catch(() => undefined);
    await this.#options.chores().catch(() => undefined);
  }

  #schedule(): void {
    this.#cancel = this.#options.clock.after(every, () => {
      void this.#options.wal.keep({ kind: "heartbeat" });
      // What cannot be removed now is removed a minute later; two at once would each remove what the other announced.
      this.#working = this.#working.then(() => this.#work());
      if (!this.#stopped) this.#schedule();
    });
  }

  /** The segment after the oldest, if the oldest may go: nothing that must stay lies in it. */
  #droppable(): SegmentSpan | undefined {
    const [oldest, next] = this.#options.wal.segments();
    if (oldest === undefined || next === undefined) return undefined;
    const needed = this.#options
      .floors()
      .some((floor) => floor === undefined || floor.segment <= oldest.segment);
    return needed ? undefined : next;
  }

  #isTooOld(at: number): boolean {
    return this.#options.clock.now() - at > (this.#options.retention.days ?? 396) * day;
  }

  #isTooMuch(): boolean {
    const { bytes } = this.#options.retention;
    return bytes !== undefined && this.#size() > bytes;
  }

  #size(): number {
    return this.#options.wal.segments().reduce((sum, span) => sum + span.end, 0);
  }
}
