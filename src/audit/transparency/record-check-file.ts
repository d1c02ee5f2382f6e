import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pruneAction } from "../record/record.ts";
import { commitmentOf, type LoggedRecord, readRecords } from "../wal/log-file.ts";
import { isSegmentName } from "../wal/segment.ts";
import { chainOf, readHeader } from "../wal/segment-file.ts";
import type { Leaf } from "./leaf.ts";

interface Stream {
  readonly records: AsyncGenerator<LoggedRecord>;
  /** The number of the first record kept, and up to which number retention says that it removed them. */
  readonly first: number;
  pruned: number;
  broken: boolean;
  current: LoggedRecord | undefined;
}

/** Compares whole records, where they are still kept, with the leaves of the transparency log. */
export class RecordCheck {
  readonly #streams = new Map<string, Stream>();
  readonly #problems: string[] = [];
  readonly #absent = new Set<string>();
  #compared = 0;
  #unpublished = 0;

  /** Takes up the records of those replicas, each in a folder of its own. */
  static async open(dir: string, replicas: readonly string[]): Promise<RecordCheck> {
    const check = new RecordCheck();
    for (const replica of replicas) await check.#begin(replica, join(dir, replica));
    return check;
  }

  /** Compares the record of that leaf; says what is wrong, if anything. What lies before the first record kept is passed over. */
  async compare(leaf: Leaf): Promise<string | undefined> {
    const stream = this.#streams.get(leaf.replica);
    if (stream === undefined) {
      this.#absent.add(leaf.replica);
      return undefined;
    }
    const logged = stream.current;
    if (logged === undefined)
      return stream.broken ? undefined : `record ${leaf.n} of ${leaf.replica} is gone`;
    if (logged.record.n > leaf.n) return undefined;
    await this.#next(leaf.replica, stream);
    this.#compared += 1;
    const { replica, boot, seq, n } = logged.record;
    const placed = replica === leaf.replica && boot === leaf.boot && seq === leaf.seq;
    return placed && n === leaf.n && commitmentOf(logged) === leaf.commit
      ? undefined
      : `record ${leaf.n} of ${leaf.replica} is not what the log was told`;
  }

  /** Reads on to the end of every replica's records; gives what is wrong with them, `all` being expected here. */
  async finish(all: boolean): Promise<readonly string[]> {
    for (const [replica, stream] of this.#streams) {
      await this.#readOn(replica, stream);
      if (stream.first > stream.pruned)
        this.#problems.push(`the records of ${replica} before ${stream.first} are gone`);
    }
    // Beside a log that has records of its own, a replica without any has lost them.
    for (const replica of this.#absent)
      if (all && this.#streams.size > 0) this.#problems.push(`the records of ${replica} are gone`);
    return this.#problems;
  }

  async #readOn(replica: string, stream: Stream): Promise<void> {
    let n = stream.current?.record.n;
    let prev = stream.current?.record.prev;
    while (stream.current !== undefined) {
      const { record } = stream.current;
      if (record.n !== n || record.prev !== prev)
        this.#problems.push(`record ${record.n} of ${replica} does not follow the one before it`);
      [n, prev] = [record.n + 1, commitmentOf(stream.current)];
      this.#unpublished += 1;
      await this.#next(replica, stream);
    }
  }

  counts(): { readonly compared: number; readonly unpublished: number } {
    return { compared: this.#compared, unpublished: this.#unpublished };
  }

  async #begin(replica: string, dir: string): Promise<void> {
    const names = (await readdir(dir)).filter(isSegmentName);
    const chain = await chainOf(dir, names);
    const inChain = new Set(chain.map((span) => span.segment));
    for (const name of names) {
      if (inChain.has(name) || !(await readHeader(join(dir, name))).ok) continue;
      this.#problems.push(`${replica}/${name} is not part of the records`);
    }
    const [oldest] = chain;
    if (oldest === undefined) {
      this.#problems.push(`the records of ${replica} cannot be read`);
      return;
    }
    const head = await readHeader(join(dir, oldest.segment));
    const first = head.ok ? head.value.header.n : 0;
    const records = readRecords(dir, chain, undefined);
    const stream: Stream = { records, first, pruned: 0, broken: false, current: undefined };
    this.#streams.set(replica, stream);
    await this.#next(replica, stream);
  }

  async #next(replica: string, stream: Stream): Promise<void> {
    try {
      const { value, done } = await stream.records.next();
      stream.current = done === true ? undefined : value;
      const event = stream.current?.record.event;
      if (event?.kind === "act" && event.act.action === pruneAction)
        stream.pruned = Math.max(stream.pruned, Number(event.act.subject) || 0);
    } catch (error) {
      stream.current = undefined;
      stream.broken = true;
      const why = error instanceof Error ? error.message : String(error);
      this.#problems.push(`the records of ${replica}: ${why}`);
    }
  }
}
