import type { IndexLog } from "./shelf.ts";
import type { Summary } from "./summary.ts";

/** The summaries of all sessions in memory, and as JSON lines of which the last of a session counts. */
export class SessionIndex {
  readonly #log: IndexLog;
  readonly #summaries = new Map<string, Summary>();
  #dirty = new Set<string>();
  #lines = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(log: IndexLog) {
    this.#log = log;
  }

  /** Reads the lines; one that was cut by a crash is passed over. */
  static async open(log: IndexLog): Promise<SessionIndex> {
    const index = new SessionIndex(log);
    for (const summary of await readSummaries(log)) {
      index.#summaries.set(summary.session, summary);
      index.#lines += 1;
    }
    if (index.#lines > 2 * index.#summaries.size + 1000) await index.#rewrite();
    return index;
  }

  get(session: string): Summary | undefined {
    return this.#summaries.get(session);
  }

  /** Every session, in the order in which they were first seen. */
  all(): Iterable<Summary> {
    return this.#summaries.values();
  }

  set(summary: Summary): void {
    this.#summaries.set(summary.session, summary);
    this.#dirty.add(summary.session);
  }

  /** Writes what has changed; rejects when the place does not take it, and tries it again the next time. */
  flush(): Promise<void> {
    const next = this.#writing.catch(() => undefined).then(() => this.#append());
    this.#writing = next;
    return next;
  }

  /** Writes all anew, with one line for each session: what was said of a session before is gone. */
  async rewrite(): Promise<void> {
    await this.flush();
    await this.#rewrite();
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
  }

  async #rewrite(): Promise<void> {
    await this.#log.rewrite(this.#text(this.#summaries.keys()));
    this.#lines = this.#summaries.size;
  }

  #text(sessions: Iterable<string>): string {
    let text = "";
    for (const session of sessions) text += `${JSON.stringify(this.#summaries.get(session))}\n`;
    return text;
  }
}

/** The last summary of each session, as the lines have them. */
export async function readSummaries(log: Pick<IndexLog, "read">): Promise<readonly Summary[]> {
  const text = await log.read();
  const last = new Map<string, Summary>();
  for (const line of text.split("\n")) {
    const summary = line === "" ? undefined : parse(line);
    if (summary !== undefined) last.set(summary.session, summary);
  }
  return [...last.values()];
}

function parse(line: string): Summary | undefined {
  try {
    return JSON.parse(line) as Summary;
  } catch {
    return undefined;
  }
}
