import { join } from "node:path";
import { err, ok, type Result } from "../base/result.ts";
import { TransientMap } from "../base/transient-map.ts";
import type { Act, Completion, Intent } from "../core/record.ts";
import { type Envelope, signEnvelope } from "../tlog/dsse.ts";
import type { Audit, AuditCounts, AuditOptions } from "./audit.ts";
import { type Evidence, folders, openEvidence, openIndexer } from "./evidence.ts";
import type { Indexer } from "./index/index-file.ts";
import {
  type FoundItem,
  queryRecords,
  queryReplica,
  type RecordQuery,
} from "./index/query-file.ts";
import { openProjections, type Projections } from "./projection/projections.ts";
import type { MaskText } from "./record/cleaner.ts";
import { actEntry, completionEntry, intentEntry } from "./record/entry.ts";
import type { Item } from "./record/exchange.ts";
import { lineOf } from "./record/line.ts";
import { Lines } from "./record/lines.ts";
import type { IntentEntry } from "./record/record.ts";
import { sharedLog } from "./transparency/log-place.ts";
import { notYet, proveLeaf } from "./transparency/proof-file.ts";
import { Upkeep } from "./upkeep.ts";
import { takeActs } from "./wal/inbox-file.ts";
import { lockFolder } from "./wal/lock-file.ts";
import { firstRecord } from "./wal/log-file.ts";
import { Wal } from "./wal/wal.ts";

/** Opens the log in `dir`, recovering what earlier boots left; rejects when it cannot be written. */
export async function openAuditLog(options: AuditOptions): Promise<Audit> {
  const { dir, replica, clock, among } = options;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(replica))
    throw new TypeError("a replica's name is 1 to 64 letters, digits, dots, dashes, underscores");
  const walDir = folders(options).wal;
  const lock = among === "others" ? `lock-${replica}` : "lock";
  const unlock = await lockFolder(join(dir, lock), clock);
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
  const wal = await Wal.open({ ...options, dir: walDir });
  const evidence = await openEvidence(options, wal).catch(async (error) => {
    await wal.close();
    throw error;
  });
  const indexer = await openIndexer(options, wal);
  const projections = await openProjections(options, wal, walDir);
  return new OpenAudit(options, { wal, evidence, indexer, projections, unlock });
}

export type { Audit } from "./audit.ts";

const noRoom = "the audit records take all the room that they may";

interface OpenParts {
  readonly wal: Wal;
  readonly evidence: Evidence;
  readonly indexer: Indexer;
  readonly projections: Projections;
  readonly unlock: () => Promise<void>;
}

class OpenAudit implements Audit {
  readonly #options: AuditOptions;
  readonly #wal: Wal;
  readonly #evidence: Evidence;
  readonly #indexer: Indexer;
  readonly #projections: Projections;
  readonly #open = new TransientMap<string, IntentEntry>();
  readonly #mask: MaskText;
  readonly #lines: Lines | undefined;
  readonly #upkeep: Upkeep;
  readonly #unlock: () => Promise<void>;

  constructor(options: AuditOptions, parts: OpenParts) {
    const { wal, evidence, projections } = parts;
    this.#options = options;
    this.#wal = wal;
    this.#evidence = evidence;
    this.#indexer = parts.indexer;
    this.#projections = projections;
    this.#unlock = parts.unlock;
    const { clock, retention = {} } = options;
    this.#upkeep = new Upkeep({
      wal,
      clock,
      retention,
      floors: () => [evidence.floor(), ...projections.floors()],
      chores: async () => {
        if (options.among !== "others") await takeActs(options.dir, this);
      },
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
      await this.#wal.append({ intent: entry, kind: "intent" });
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
      .keep({ completion: entry, kind: "completion" })
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
    const { dir, among } = this.#options;
    if (among !== undefined) return queryRecords(dir, query);
    const { index, wal } = folders(this.#options);
    return queryReplica(index, wal, [...this.#wal.segments()], query);
  }

  async proof(id: string): Promise<Result<string>> {
    const [found] = await this.records({ keys: [["id", id]], limit: 1 });
    if (found === undefined) return err("there is no record of that id");
    const index = await this.#indexOf(found.record);
    return index === undefined ? err(notYet) : proveLeaf(this.#evidence.store, index);
  }

  checkpoint(): string | undefined {
    return this.#evidence.checkpoint().note;
  }

  seal(payloadType: string, text: string): Envelope {
    return signEnvelope(payloadType, text, this.#evidence.signers);
  }

  counts(): AuditCounts {
    const { sent, refused } = this.#projections.spans();
    return {
      records: this.#wal.mark().seq + 1,
      spansSent: sent,
      spansRefused: refused,
      delivered: this.#projections.idle(),
      logSize: this.#evidence.checkpoint().size,
      trouble: this.#trouble()?.message,
    };
  }

  async close(): Promise<void> {
    await this.#upkeep.stop();
    await this.#wal.close();
    this.#lines?.flush();
    await this.#evidence.stop();
    await this.#indexer.stop();
    await this.#projections.stop();
    await this.#unlock();
  }

  async #indexOf({ replica, n }: FoundItem["record"]): Promise<number | undefined> {
    const { dir, shared } = this.#options;
    return replica === this.#options.replica || shared === undefined
      ? this.#evidence.indexOf(n)
      : sharedLog(shared.store, dir).indexOf({ replica, n });
  }

  #trouble(): Error | undefined {
    const parts = [this.#evidence, this.#indexer, this.#projections];
    return parts.find((part) => part.failure() !== undefined)?.failure();
  }

  #say(item: Item): void {
    this.#lines?.add(lineOf(item));
  }
}
