import type { Clock } from "../base/clock.ts";
import type { NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { ApprovalId, RecordId } from "../core/ids.ts";
import { type Approval, type Ask, answers, opened, type Standing } from "./approval.ts";
import { JournalFile } from "./journal-file.ts";
import { type Entry, Ledger } from "./ledger.ts";
import { lockDirectory } from "./lock-file.ts";
import { noticeKey, type Outbox } from "./outbox.ts";
import {
  type ApprovalQuery,
  type ApprovalStore,
  type Change,
  type Opened,
  StoreUnavailable,
  TooManyPending,
} from "./store.ts";
import { type Move, type Objection, transition, use } from "./transition.ts";

export interface EmbeddedOptions {
  /** A directory of this process alone. */
  readonly dir: string;
  readonly clock: Clock;
  /** How long what is over is kept for the history, in milliseconds; 30 days by default. */
  readonly keep?: number;
  /** Who outside is told of changes: the names under which `outbox` gives the notices. */
  readonly sinks?: readonly string[];
  /** How many may be pending of one requester; no limit where absent. */
  readonly mostPending?: number;
  /** The journal is rewritten when it has grown by this many bytes; 16 MiB by default. */
  readonly rewriteAfter?: number;
}

const month = 30 * 24 * 3600_000;

/** Approvals for one process, on its own disk: whatever was answered survives a kill at any moment. */
export async function openEmbeddedStore(options: EmbeddedOptions): Promise<ApprovalStore> {
  const release = await lockDirectory(options.dir);
  try {
    return await EmbeddedStore.load(options, release);
  } catch (cause) {
    await release();
    throw cause;
  }
}

class EmbeddedStore implements ApprovalStore {
  readonly #options: EmbeddedOptions;
  readonly #release: () => Promise<void>;
  readonly #listeners = new Set<(change: Change) => void>();
  #journal: JournalFile;
  #ledger: Ledger;
  #rewriteAt = 0;
  #failed = false;
  #closed = false;
  #healing: Promise<void> | undefined;

  private constructor(
    options: EmbeddedOptions,
    release: () => Promise<void>,
    journal: JournalFile,
    ledger: Ledger,
  ) {
    this.#options = options;
    this.#release = release;
    this.#journal = journal;
    this.#ledger = ledger;
    this.#planRewrite();
  }

  static async load(
    options: EmbeddedOptions,
    release: () => Promise<void>,
  ): Promise<EmbeddedStore> {
    const { journal, ledger } = await read(options);
    return new EmbeddedStore(options, release, journal, ledger);
  }

  async open(ask: Ask, by: RecordId): Promise<Opened> {
    await this.#usable();
    const now = this.#options.clock.now();
    const grant = this.#ledger.granted(ask, now);
    if (grant !== undefined) {
      await this.#journal.drained();
      return { kind: "granted", approval: grant };
    }
    const known = this.#ledger.bound(ask.binding);
    if (known !== undefined && answers(known.standing, now))
      return { kind: "open", approval: await this.#join(known, by, now), fresh: false };
    const { mostPending = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#ledger.pendingOf(ask.requester.id, now) >= mostPending) throw new TooManyPending();
    const standing = opened(ask, by, now);
    await this.#write([{ kind: "ask", ask, standing }], now);
    return { kind: "open", approval: { ask, standing }, fresh: true };
  }

  async apply(id: ApprovalId, move: Move): Promise<Result<Approval, Objection>> {
    await this.#usable();
    const now = this.#options.clock.now();
    const approval = this.#ledger.get(id);
    if (approval === undefined) return err("unknown");
    const moved = transition(approval, move, now);
    if (moved.ok) {
      await this.#write([{ kind: "standing", id, standing: moved.value }], now);
      return ok({ ask: approval.ask, standing: moved.value });
    }
    if (moved.error === "expired") await this.#expire([approval], now);
    return moved;
  }

  async consume(
    ids: NonEmpty<ApprovalId>,
    by: RecordId,
  ): Promise<Result<readonly Standing[], Objection>> {
    await this.#usable();
    const now = this.#options.clock.now();
    const used: { readonly id: ApprovalId; readonly standing: Standing }[] = [];
    for (const id of ids) {
      const approval = this.#ledger.get(id);
      if (approval === undefined) return err("unknown");
      const moved = use(approval.standing, by, now);
      if (!moved.ok) return moved;
      used.push({ id, standing: moved.value });
    }
    await this.#write(
      used.map((one) => ({ kind: "standing", ...one })),
      now,
    );
    return ok(used.map(({ standing }) => standing));
  }

  async get(id: ApprovalId): Promise<Approval | undefined> {
    await this.#usable();
    return this.#ledger.get(id);
  }

  async standings(ids: readonly ApprovalId[]): Promise<readonly (Standing | undefined)[]> {
    await this.#usable();
    return ids.map((id) => this.#ledger.get(id)?.standing);
  }

  async list(query: ApprovalQuery): Promise<readonly Approval[]> {
    await this.#usable();
    return this.#ledger.list(query);
  }

  async pending(): Promise<{ readonly count: number; readonly oldest?: number }> {
    await this.#usable();
    return this.#ledger.pending();
  }

  async sweep(): Promise<void> {
    await this.#usable();
    const now = this.#options.clock.now();
    await this.#expire(this.#ledger.overdue(now), now);
    if (this.#journal.bytes >= this.#rewriteAt) await this.#rewrite(now);
  }

  readonly outbox: Outbox = {
    claim: async (limit, lease) => {
      await this.#usable();
      const now = this.#options.clock.now();
      const due = this.#ledger.due(now).slice(0, limit);
      // The lease is kept in memory only: after a restart there is nobody else who could hold it.
      for (const notice of due)
        this.#ledger.add({
          kind: "notice",
          key: noticeKey(notice),
          due: now + lease,
          attempts: notice.attempts,
        });
      return due;
    },
    done: (notice) => this.#noted({ key: noticeKey(notice), due: 0, attempts: 0 }),
    retry: (notice, after) =>
      this.#noted({
        key: noticeKey(notice),
        due: this.#options.clock.now() + after,
        attempts: notice.attempts + 1,
      }),
  };

  watch(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async ready(): Promise<Result<string>> {
    try {
      await this.#usable();
      return ok(`embedded, ${this.#journal.bytes} bytes of journal`);
    } catch {
      return err("the approvals journal cannot be written");
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listeners.clear();
    await this.#journal.close();
    await this.#release();
  }

  async #join(known: Approval, by: RecordId, now: number): Promise<Approval> {
    const moved = transition(known, { kind: "join", by }, now);
    if (!moved.ok) return known;
    await this.#write([{ kind: "standing", id: known.ask.id, standing: moved.value }], now);
    return { ask: known.ask, standing: moved.value };
  }

  async #expire(approvals: readonly Approval[], now: number): Promise<void> {
    const entries = approvals.flatMap((approval): Entry[] => {
      const moved = transition(approval, { kind: "expire" }, now);
      return moved.ok ? [{ kind: "standing", id: approval.ask.id, standing: moved.value }] : [];
    });
    if (entries.length > 0) await this.#write(entries, now);
  }

  async #noted(notice: Omit<Extract<Entry, { kind: "notice" }>, "kind">): Promise<void> {
    await this.#usable();
    await this.#write([{ kind: "notice", ...notice }], this.#options.clock.now());
  }

  // Memory changes at once, so that the next call in line judges by it; watchers hear when it is on the disk.
  async #write(entries: readonly Entry[], at: number): Promise<void> {
    for (const entry of entries) this.#ledger.add(entry);
    try {
      await this.#journal.append(entries);
    } catch (cause) {
      this.#failed = true;
      throw unwritable(cause);
    }
    for (const entry of entries) this.#tell(entry, at);
  }

  #tell(entry: Entry, at: number): void {
    if (entry.kind === "notice") return;
    const id = entry.kind === "ask" ? entry.ask.id : entry.id;
    const { state, version } = entry.standing;
    for (const listener of this.#listeners) listener({ id, state, version, at });
  }

  async #rewrite(now: number): Promise<void> {
    this.#ledger.forget(now - (this.#options.keep ?? month), now);
    try {
      await this.#journal.rewrite(() => [...this.#ledger.entries()].map((entry) => [entry]));
    } catch (cause) {
      this.#failed = true;
      throw unwritable(cause);
    }
    this.#planRewrite();
  }

  #planRewrite(): void {
    this.#rewriteAt = this.#journal.bytes + (this.#options.rewriteAfter ?? 16 * 1024 * 1024);
  }

  // After a failed write, memory may know what the disk does not: only the disk counts.
  async #usable(): Promise<void> {
    if (!this.#failed) return;
    this.#healing ??= this.#heal().finally(() => {
      this.#healing = undefined;
    });
    await this.#healing.catch((cause) => Promise.reject(unwritable(cause)));
  }

  async #heal(): Promise<void> {
    await this.#journal.close().catch(() => undefined);
    const { journal, ledger } = await read(this.#options);
    this.#journal = journal;
    this.#ledger = ledger;
    this.#failed = false;
  }
}

function unwritable(cause: unknown): StoreUnavailable {
  return new StoreUnavailable("the approvals journal cannot be written", { cause });
}

async function read({
  dir,
  sinks = [],
}: EmbeddedOptions): Promise<{ journal: JournalFile; ledger: Ledger }> {
  const { journal, lines } = await JournalFile.open(dir);
  const ledger = new Ledger(sinks);
  for (const line of lines as readonly (readonly Entry[])[])
    for (const entry of line) ledger.add(entry);
  return { journal, ledger };
}
