import { join } from "node:path";
import { err, ok, type Result } from "../base/result.ts";
import type { Act, Completion, Intent } from "../core/record.ts";
import type { Audit, AuditCounts, AuditOptions } from "./audit.ts";
import type { MaskText } from "./cleaner.ts";
import { actEntry, completionEntry, intentEntry } from "./entry.ts";
import { type Evidence, folders, openEvidence } from "./evidence.ts";
import type { Item } from "./exchange.ts";
import { lineOf } from "./line.ts";
import { Lines } from "./lines.ts";
import { lockFolder } from "./lock-file.ts";
import { logData } from "./log-data.ts";
import { firstRecord } from "./log-file.ts";
import { OtlpSender } from "./otlp.ts";
import { Projector } from "./projector.ts";
import { proveLeaf } from "./proof-file.ts";
import { type FoundItem, queryReplica, type RecordQuery } from "./query-file.ts";
import type { IntentEntry } from "./record.ts";
import { exchangeSpans } from "./span.ts";
import { Upkeep } from "./upkeep.ts";
import { Wal } from "./wal.ts";

/** Opens the log in `dir`, recovering what earlier boots left; rejects when it cannot be written. */
export async function openAuditLog(options: AuditOptions): Promise<Audit> {
  const { dir, replica, clock } = options;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(replica))
    throw new TypeError("a replica's name is 1 to 64 letters, digits, dots, dashes, underscores");
  const walDir = folders(options).wal;
  const unlock = await lockFolder(join(dir, "lock"), clock);
  try {
    return await openLocked(options, walDir, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function openLocked(
  options: AuditOptions,
  walDir: string,
  unlock: () => Promise<void>,
): Promise<Audit> {
  const { dir, replica, clock } = options;
  const wal = await Wal.open({ ...options, dir: walDir });
  const project = (
    name: string,
    send: (batch: readonly Item[]) => ReturnType<OtlpSender["spans"]>,
  ) =>
    Projector.start({ dir: walDir, wal, clock, send, cursor: join(dir, "cursor", replica, name) });
  const evidence = await openEvidence(options, wal).catch(async (error) => {
    await wal.close();
    throw error;
  });
  if (options.otlp === undefined) return new OpenAudit(options, wal, evidence, [], unlock);
  const sender = new OtlpSender(options.otlp, replica);
  const projectors = [
    await project("traces", (batch) => sender.spans(batch.flatMap(spansOf))),
    await project("logs", (batch) => sender.logs(batch.map(logData))),
  ];
  return new OpenAudit(options, wal, evidence, projectors, unlock);
}

function spansOf(item: Item): ReturnType<typeof exchangeSpans> {
  return item.kind === "exchange" ? exchangeSpans(item) : [];
}

export type { Audit } from "./audit.ts";

const noRoom = "the audit records take all the room that they may";

class OpenAudit implements Audit {
  readonly #options: AuditOptions;
  readonly #wal: Wal;
  readonly #evidence: Evidence;
  readonly #projectors: readonly Projector[];
  readonly #open = new Map<string, IntentEntry>();
  readonly #mask: MaskText;
  readonly #lines: Lines | undefined;
  readonly #upkeep: Upkeep;
  readonly #unlock: () => Promise<void>;

  constructor(
    options: AuditOptions,
    wal: Wal,
    evidence: Evidence,
    projectors: readonly Projector[],
    unlock: () => Promise<void>,
  ) {
    this.#options = options;
    this.#wal = wal;
    this.#evidence = evidence;
    this.#projectors = projectors;
    this.#unlock = unlock;
    const { clock, retention = {} } = options;
    const [traces] = projectors;
    this.#upkeep = new Upkeep({
      wal,
      clock,
      retention,
      // Log records are a courtesy; a receiver that does not take them must not fill the disk.
      floors: () => [evidence.sequencer.floor(), ...(traces === undefined ? [] : [traces.floor()])],
      first: (segment) => firstRecord(join(folders(options).wal, segment)),
    });
    this.#lines = options.out === undefined ? undefined : new Lines(options.out, clock);
    this.#mask = options.mask ?? ((text) => text);
  }

  async intent(intent: Intent): Promise<void> {
    if (this.#upkeep.full()) throw new Error(noRoom);
    const entry = intentEntry(intent, this.#mask);
    this.#open.set(intent.id, entry);
    try {
      await this.#wal.append({ kind: "intent", intent: entry });
    } catch (error) {
      this.#open.delete(intent.id);
      throw error;
    }
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
    this.#lines?.add(JSON.stringify({ kind: "act", ...entry }));
  }

  ready(): Result<void> {
    const failure = this.#wal.failure();
    if (failure !== undefined) return err(failure.message);
    if (this.#upkeep.full()) return err(noRoom);
    const since = this.#wal.busySince();
    const { clock, deadline = 5000 } = this.#options;
    if (since !== undefined && clock.now() - since > deadline)
      return err("the audit log's disk does not answer");
    return ok(undefined);
  }

  records(query: RecordQuery): Promise<readonly FoundItem[]> {
    const { index, wal } = folders(this.#options);
    return queryReplica(index, wal, [...this.#wal.segments()], query);
  }

  async proof(id: string): Promise<Result<string>> {
    const [found] = await this.records({ keys: [["id", id]], limit: 1 });
    if (found === undefined) return err("there is no record of that id");
    return proveLeaf(this.#evidence.store, found.record.n);
  }

  checkpoint(): string | undefined {
    return this.#evidence.log.checkpoint();
  }

  counts(): AuditCounts {
    const [traces] = this.#projectors;
    const { sent, refused } = traces?.counts() ?? { sent: 0, refused: 0 };
    return {
      records: this.#wal.mark().seq + 1,
      spansSent: sent,
      spansRefused: refused,
      delivered: this.#projectors.every((projector) => projector.idle()),
      logSize: this.#evidence.log.published().size,
      trouble: this.#trouble()?.message,
    };
  }

  async close(): Promise<void> {
    await this.#upkeep.stop();
    await this.#wal.close();
    this.#lines?.flush();
    await this.#evidence.sequencer.stop();
    await this.#evidence.indexer.stop();
    await Promise.all(this.#projectors.map((projector) => projector.stop()));
    await this.#unlock();
  }

  #trouble(): Error | undefined {
    const { sequencer, indexer } = this.#evidence;
    const parts = [sequencer, indexer, ...this.#projectors];
    return parts.find((part) => part.failure() !== undefined)?.failure();
  }

  #say(item: Item): void {
    this.#lines?.add(lineOf(item));
  }
}
