import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { AuditLog, Completion, Intent } from "../core/record.ts";
import type { Disk } from "./disk-file.ts";
import { actEntry, completionEntry, intentEntry, type MaskText } from "./entry.ts";
import type { Item } from "./exchange.ts";
import { openKeys } from "./keys-file.ts";
import { lineOf } from "./line.ts";
import { logData } from "./log-data.ts";
import { type OtlpOptions, OtlpSender } from "./otlp.ts";
import { Projector } from "./projector.ts";
import type { Act, IntentEntry } from "./record.ts";
import { Sequencer } from "./sequencer.ts";
import { signedFile } from "./signed-file.ts";
import { exchangeSpans } from "./span.ts";
import { tileFolder } from "./tile-file.ts";
import { TransparencyLog } from "./transparency-log.ts";
import { Wal } from "./wal.ts";

export interface AuditOptions {
  /** Where everything is kept; one process at a time. */
  readonly dir: string;
  /** The name of this process among its like: letters, digits, dot, dash, underscore. */
  readonly replica: string;
  readonly clock: Clock;
  readonly otlp?: OtlpOptions;
  /** Takes one line of JSON for each exchange and act, once it is durable. */
  readonly out?: (line: string) => void;
  /** Takes secrets out of what clients wrote (paths, names); without it text is kept as it came. */
  readonly mask?: MaskText;
  /** `off` acknowledges what the operating system has, and loses it when the machine dies: for measuring only. */
  readonly durability?: "fsync" | "off";
  /** How long an intent may wait for the disk, in milliseconds; 5,000 unless told. */
  readonly deadline?: number;
  /** The transparency log's name, no spaces and no plus; fixed once the log exists. `sallyport/audit` unless told. */
  readonly origin?: string;
  /** How often a checkpoint is signed while records come in, in milliseconds; 1,000 unless told. */
  readonly checkpointEvery?: number;
  readonly segmentBytes?: number;
  readonly disk?: Disk;
}

/** The audit log of one process. */
export interface Audit extends AuditLog {
  /** Records what was done outside any exchange; resolves when durable, rejects like `intent`. */
  act(act: Act): Promise<void>;
  /** Whether an intent could be recorded now. */
  ready(): Result<void>;
  /** The newest signed checkpoint of the transparency log, once there is one. */
  checkpoint(): string | undefined;
  /** For metrics. */
  counts(): AuditCounts;
  /** Writes what waits, stops the projections (what is not delivered is after the next start), and closes. */
  close(): Promise<void>;
}

export interface AuditCounts {
  readonly records: number;
  readonly spansSent: number;
  readonly spansRefused: number;
  /** Whether every span has been delivered; true without a collector. */
  readonly delivered: boolean;
  /** Records in the last signed checkpoint. */
  readonly logSize: number;
  /** Why the log cannot be projected, if so: it is damaged, or the disk cannot be read. */
  readonly trouble: string | undefined;
}

/** Opens the log in `dir`, recovering what earlier boots left; rejects when it cannot be written. */
export async function openAuditLog(options: AuditOptions): Promise<Audit> {
  const { dir, replica, clock } = options;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(replica))
    throw new TypeError("a replica's name is 1 to 64 letters, digits, dots, dashes, underscores");
  const walDir = join(dir, "wal", replica);
  const wal = await Wal.open({ ...options, dir: walDir });
  const project = (
    name: string,
    send: (batch: readonly Item[]) => ReturnType<OtlpSender["spans"]>,
  ) =>
    Projector.start({ dir: walDir, wal, clock, send, cursor: join(dir, "cursor", replica, name) });
  const transparency = await openTransparency(options, wal, walDir);
  if (options.otlp === undefined) return new OpenAudit(options, wal, transparency, []);
  const sender = new OtlpSender(options.otlp, replica);
  return new OpenAudit(options, wal, transparency, [
    await project("traces", (batch) => sender.spans(batch.flatMap(spansOf))),
    await project("logs", (batch) => sender.logs(batch.map(logData))),
  ]);
}

interface Transparency {
  readonly log: TransparencyLog;
  readonly sequencer: Sequencer;
}

async function openTransparency(
  { dir, clock, origin = "sallyport/audit", checkpointEvery = 1000 }: AuditOptions,
  wal: Wal,
  walDir: string,
): Promise<Transparency> {
  const keys = await openKeys(join(dir, "keys"), origin);
  const store = tileFolder(join(dir, "log"));
  const signed = signedFile(join(dir, "keys", "signed"));
  const log = await TransparencyLog.open({ store, signed, origin, signers: keys.signers });
  const interval = checkpointEvery;
  const key = keys.reference;
  const sequencer = await Sequencer.start({ dir: walDir, wal, log, store, key, clock, interval });
  return { log, sequencer };
}

function spansOf(item: Item): ReturnType<typeof exchangeSpans> {
  return item.kind === "exchange" ? exchangeSpans(item) : [];
}

class OpenAudit implements Audit {
  readonly #options: AuditOptions;
  readonly #wal: Wal;
  readonly #transparency: Transparency;
  readonly #projectors: readonly Projector[];
  readonly #open = new Map<string, IntentEntry>();
  readonly #mask: MaskText;

  constructor(
    options: AuditOptions,
    wal: Wal,
    transparency: Transparency,
    projectors: readonly Projector[],
  ) {
    this.#options = options;
    this.#wal = wal;
    this.#transparency = transparency;
    this.#projectors = projectors;
    this.#mask = options.mask ?? ((text) => text);
  }

  async intent(intent: Intent): Promise<void> {
    const entry = intentEntry(intent, this.#mask);
    this.#open.set(intent.id, entry);
    await this.#wal.append({ kind: "intent", intent: entry });
  }

  complete(completion: Completion): void {
    const intent = this.#open.get(completion.id);
    if (intent === undefined) return;
    this.#open.delete(completion.id);
    const entry = completionEntry(completion, this.#mask);
    const { replica } = this.#options;
    void this.#wal
      .keep({ kind: "completion", completion: entry })
      .then(() => this.#say({ kind: "exchange", replica, intent, completion: entry }));
  }

  async act(act: Act): Promise<void> {
    const entry = actEntry(act, this.#mask);
    await this.#wal.append({ kind: "act", act: entry });
    this.#options.out?.(JSON.stringify({ kind: "act", ...entry }));
  }

  ready(): Result<void> {
    const failure = this.#wal.failure();
    if (failure !== undefined) return err(failure.message);
    const since = this.#wal.busySince();
    const { clock, deadline = 5000 } = this.#options;
    if (since !== undefined && clock.now() - since > deadline)
      return err("the audit log's disk does not answer");
    return ok(undefined);
  }

  checkpoint(): string | undefined {
    return this.#transparency.log.checkpoint();
  }

  counts(): AuditCounts {
    const [traces] = this.#projectors;
    const { sent, refused } = traces?.counts() ?? { sent: 0, refused: 0 };
    return {
      records: this.#wal.mark().seq + 1,
      spansSent: sent,
      spansRefused: refused,
      delivered: this.#projectors.every((projector) => projector.idle()),
      logSize: this.#transparency.log.published().size,
      trouble: this.#trouble()?.message,
    };
  }

  async close(): Promise<void> {
    await this.#wal.close();
    await this.#transparency.sequencer.stop();
    await Promise.all(this.#projectors.map((projector) => projector.stop()));
  }

  #trouble(): Error | undefined {
    const parts = [this.#transparency.sequencer, ...this.#projectors];
    return parts.find((part) => part.failure() !== undefined)?.failure();
  }

  #say(item: Item): void {
    this.#options.out?.(lineOf(item));
  }
}
