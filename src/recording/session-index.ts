import type { IndexLog } from "./shelf.ts";
import { Summaries } from "./summaries.ts";
import type { Summary } from "./summary.ts";

/** The summaries of all sessions in memory, and as JSON lines of which the last of a session counts. */
export class SessionIndex {
  readonly #log: IndexLog;
  readonly #summaries: Summaries;
  #dirty = new Set<string>();
  #lines: number;
  #writing: Promise<void> = Promise.resolve();

  private constructor(log: IndexLog, summaries: Summaries, lines: number) {
    this.#log = log;
    this.#summaries = summaries;
    this.#lines = lines;
  }

  /** Reads the lines; one that was cut by a crash is passed over. */
  static async open(log: IndexLog): Promise<SessionIndex> {
    const text = await log.read();
    let lines = 0;
    for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10, at + 1)) lines += 1;
    const index = new SessionIndex(log, Summaries.of(text), lines);
    await index.#tidy();
    return index;
  }

  get(session: string): Summary | undefined {
    return this.#summaries.get(session);
  }

  /** Every session, in the order in which they were first seen. */
  all(): Iterable<Summary> {
    return this.#summaries.all();
  }

  /** The newest sessions first, as `Summaries.newest`. */
  newest(...asked: Parameters<Summaries["newest"]>): Generator<Summary> {
    return this.#summaries.newest(...asked);
  }

  set(summary: Summary): void {
    this.#summaries.set(summary);
    this.#dirty.add(summary.session);
  }

  /** What was set of that session has grown. */
  touch(session: string): void {
    this.#dirty.add(session);
  }

  /** Writes what has changed; rejects when the place does not take it, and tries it again the next time. */
  flush(): Promise<void> {
    const next = this.#writing.catch(() => undefined).then(() => this.#append());
    this.#writing = next;
    return next;
  }

  /** Writes all anew, with one line for each session: what was said of a session before is gone. */
  async rewrite(): Promise<void> {
    const next = this.#writing
      .catch(() => undefined)
      .then(() => this.#append())
      .then(() => this.#rewrite());
    this.#writing = next;
    await next;
  }

  async #append(): Promise<void> {
    if (this.#dirty.size === 0) return;
    const changed = this.#dirty;
    this.#dirty = new Set();
    try {
      await this.#log.append(this.#text(changed));
      this.#lines += changed.size;
    } catch (error) {
      for (const session of changed) this.#dirty.add(session);
      throw error;
    }
    for (const session of changed)
      if (!this.#dirty.has(session) && this.get(session)?.state !== "live")
        this.#summaries.settle(session);
    await this.#tidy();
  }

  /** Sessions that go on write a line each time: most are of no use any more. */
  async #tidy(): Promise<void> {
    if (this.#lines > 2 * this.#summaries.size + 10_000) await this.#rewrite();
  }

  async #rewrite(): Promise<void> {
    await this.#log.rewrite([...this.#summaries.lines()].map((line) => `${line}\n`).join(""));
    this.#lines = this.#summaries.size;
  }

  #text(sessions: Iterable<string>): string {
    let text = "";
    for (const session of sessions) text += `${JSON.stringify(this.get(session))}\n`;
    return text;
  }
}

/** The last summary of each session, as the lines have them. */
export async function readSummaries(log: Pick<IndexLog, "read">): Promise<Summaries> {
  return Summaries.of(await log.read());
}
