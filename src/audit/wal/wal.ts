import type { Clock } from "../../base/clock.ts";
import { type AuditEvent, eventText, type Mark } from "../record/record.ts";
import { type Disk, realDisk } from "./disk-file.ts";
import { type LoggedRecords, readRecords } from "./log-file.ts";
import { RecordChain, type Spelled } from "./record-chain.ts";
import { recover } from "./recovery.ts";
import type { Position, SegmentSpan } from "./segment.ts";
import { SegmentWriter } from "./segment-writer.ts";
import { Tail } from "./tail.ts";

export interface WalOptions {
  /** The folder of this replica's segments; one process at a time. */
  readonly dir: string;
  readonly replica: string;
  readonly clock: Clock;
  readonly durability?: "fsync" | "off";
  /** How long `append` waits for the disk, in milliseconds; 5,000 unless told. */
  readonly deadline?: number;
  readonly segmentBytes?: number;
  readonly disk?: Disk;
}

interface Pending extends Spelled {
  /** A record that must be kept is tried again after a failure; the others are given up. */
  readonly keep: boolean;
  cancelled: boolean;
  readonly settle: (failure: Error | undefined) => void;
}

const batchItems = 4096;
const maxQueue = 65_536;
const retryAfter = 250;

/**
 * The write-ahead log: records with gapless sequence numbers, appended and made durable in groups (one write for
 * all that arrived during the one before). After a failed write nothing of it counts, and numbering goes on where it was.
 */
export class Wal {
  readonly #options: WalOptions;
  readonly #chain: RecordChain;
  readonly #segments: SegmentWriter;
  readonly #listeners = new Set<() => void>();
  readonly #tail = new Tail();
  #queue: Pending[] = [];
  #flushing: Promise<void> | undefined;
  #since: number | undefined;
  #failure: Error | undefined;
  #retrying = false;
  #closed = false;

  private constructor(options: WalOptions, found: Awaited<ReturnType<typeof recover>>) {
    this.#options = options;
    this.#segments = new SegmentWriter(
      {
        dir: options.dir,
        disk: options.disk ?? realDisk,
        durable: options.durability !== "off",
        segmentBytes: options.segmentBytes ?? 64 << 20,
      },
      found.chain,
    );
    const boot = Math.max(options.clock.now(), (found.mark?.boot ?? 0) + 1);
    const { n, open, mark } = found;
    this.#chain = new RecordChain(options.replica, boot, { n, open, prev: mark?.commit ?? "" });
  }

  /** Finds where the last boot ended, begins a new one, and reports the exchanges that were left open. */
  static async open(options: WalOptions): Promise<Wal> {
    const disk = options.disk ?? realDisk;
    const found = await recover(options.dir, await disk.list(options.dir));
    const wal = new Wal(options, found);
    await wal.append({ kind: "boot", previous: found.mark ?? null });
    await Promise.all(found.open.map((id) => wal.append({ kind: "lost", id })));
    return wal;
  }

  /** Resolves when the record is durable; rejects when it could not be written in time, and then nothing may rely on it. */
  append(event: AuditEvent): Promise<void> {
    if (this.#queue.length >= maxQueue)
      return Promise.reject(new Error("the audit log is too far behind"));
    const { clock, deadline = 5000 } = this.#options;
    return new Promise((resolve, reject) => {
      const item: Pending = {
        event,
        text: eventText(event),
        keep: false,
        cancelled: false,
        settle: (failure) => {
          cancel();
          if (failure === undefined) resolve();
          else reject(failure);
        },
      };
      const cancel = clock.after(deadline, () => {
        item.cancelled = true;
        reject(new Error(`the audit log did not answer within ${deadline} ms`));
      });
      this.#enqueue(item);
    });
  }

  /** Writes the record as soon as it can be written; resolves then, or when the log closes on a dead disk. */
  keep(event: AuditEvent): Promise<void> {
    return new Promise((resolve) => {
      const text = eventText(event);
      this.#enqueue({ event, text, keep: true, cancelled: false, settle: () => resolve() });
    });
  }

  /** The segments so far, oldest first, as far as they are durable. */
  segments(): readonly SegmentSpan[] {
    return this.#segments.segments();
  }

  /**
   * The durable records from a place on (from the first, without one); the newest need no disk. A follower asks again and
   * again, and has read all before that place: what all followers have is not kept in memory for them.
   */
  records(from: Position | undefined, follower?: object): LoggedRecords {
    if (from !== undefined && follower !== undefined) this.#tail.passed(follower, from);
    const near = from === undefined ? undefined : this.#tail.from(from);
    return near ?? readRecords(this.#options.dir, [...this.segments()], from);
  }

  /** The last record of this boot that is durable. */
  mark(): Mark {
    return this.#chain.mark();
  }

  /** How many records there are, over all boots. */
  count(): number {
    return this.#chain.count();
  }

  /** Why nothing can be written now, if so. */
  failure(): Error | undefined {
    return this.#failure;
  }

  /** Since when the write in progress has been going on, milliseconds since the Unix epoch. */
  busySince(): number | undefined {
    return this.#since;
  }

  /** Calls back whenever more has become durable; the function returned ends that. */
  onDurable(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Removes the oldest segment, never the last; gives whether there was one to remove. */
  dropOldest(): Promise<boolean> {
    return this.#segments.dropOldest();
  }

  /** Writes what waits and a farewell, then closes the file; gives up on a disk that does not answer in time. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const answered = await this.append({ kind: "stop" }).then(
      () => true,
      () => this.#failure !== undefined,
    );
    this.#closed = true;
    if (answered) await this.#flushing;
    for (const item of this.#queue.splice(0)) item.settle(new Error("the audit log is closed"));
    if (answered) await this.#segments.close();
  }

  #enqueue(item: Pending): void {
    if (this.#closed) {
      item.settle(new Error("the audit log is closed"));
      return;
    }
    this.#queue.push(item);
    this.#kick();
  }

  #kick(): void {
    this.#flushing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    // Lets everything that arrives in this turn of the event loop share one write.
    await new Promise(setImmediate);
    let stuck = false;
    while (this.#queue.length > 0 && !stuck) {
      const batch = this.#wanted(this.#queue.splice(0, batchItems));
      if (batch.length > 0) await this.#write(batch);
      // After a failure, what must be kept waits for the next attempt; the rest hears of it at once.
      stuck = this.#failure !== undefined && this.#queue.every((item) => item.keep);
    }
    // In the same turn as the last look at the queue, lest an item slip in between and wait for ever.
    this.#flushing = undefined;
  }

  async #write(batch: readonly Pending[]): Promise<void> {
    this.#since = this.#options.clock.now();
    try {
      await this.#store(batch);
    } catch (cause) {
      this.#failed(batch, cause);
      return;
    } finally {
      this.#since = undefined;
    }
    this.#failure = undefined;
    for (const { settle, cancelled, event } of batch) {
      settle(undefined);
      // Written after all, though its exchange was refused when the deadline passed.
      if (cancelled && event.kind === "intent")
        void this.keep({ kind: "lost", id: event.intent.id });
    }
    for (const listener of this.#listeners) listener();
  }

  /** Without what was given up meanwhile, and without the ends of exchanges whose beginning was. */
  #wanted(items: readonly Pending[]): readonly Pending[] {
    if (this.#areWanted(items)) return items;
    const begun = new Set<string>();
    return items.filter(({ cancelled, event, settle }) => {
      if (cancelled) return false;
      if (event.kind === "intent") begun.add(event.intent.id);
      if (this.#isBegun(event) || (event.kind === "completion" && begun.has(event.completion.id)))
        return true;
      settle(undefined);
      return false;
    });
  }

  #areWanted(items: readonly Pending[]): boolean {
    for (const { cancelled, event } of items) if (cancelled || !this.#isBegun(event)) return false;
    return true;
  }

  /** Whether it is no end, or the end of an exchange whose beginning is in the log. */
  #isBegun(event: AuditEvent): boolean {
    return event.kind !== "completion" || this.#chain.isOpen(event.completion.id);
  }

  #failed(batch: readonly Pending[], cause: unknown): void {
    const failure = new Error("the audit log cannot be written", { cause });
    this.#failure = failure;
    this.#queue.unshift(...batch.filter((item) => item.keep));
    for (const item of batch) if (!item.keep) item.settle(failure);
    if (this.#retrying || this.#closed) return;
    this.#retrying = true;
    this.#options.clock.after(retryAfter, () => {
      this.#retrying = false;
      // Without traffic nothing would find out that the disk is well again.
      if (this.#queue.length === 0) void this.keep({ kind: "heartbeat" });
      else this.#kick();
    });
  }

  async #store(batch: readonly Pending[]): Promise<void> {
    const links = this.#chain.next(batch, this.#options.clock.now());
    const place = await this.#segments.append(links.bytes, () => this.#chain.heading());
    this.#chain.take(links);
    this.#tail.take(links.framed, place);
  }
}
