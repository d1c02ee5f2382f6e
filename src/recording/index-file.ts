import { appendFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Summary } from "./summary.ts";

/** The summaries of all sessions in memory, and in a file of JSON lines of which the last of a session counts. */
export class SessionIndex {
  readonly #file: string;
  readonly #summaries = new Map<string, Summary>();
  #dirty = new Set<string>();
  #lines = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string) {
    this.#file = file;
  }

  /** Reads the file; a line that was cut by a crash is passed over. */
  static async open(file: string): Promise<SessionIndex> {
    const index = new SessionIndex(file);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    for (const summary of await readSummaries(file)) {
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

  /** Writes what has changed; rejects when the disk does not take it, and tries it again the next time. */
  flush(): Promise<void> {
    const next = this.#writing.catch(() => undefined).then(() => this.#append());
    this.#writing = next;
    return next;
  }

  /** Writes the file anew with one line for each session: what was said of a session before is gone. */
  async rewrite(): Promise<void> {
    await this.flush();
    await this.#rewrite();
  }

  async #append(): Promise<void> {
    if (this.#dirty.size === 0) return;
    const changed = this.#dirty;
    this.#dirty = new Set();
    try {
      await appendFile(this.#file, this.#text(changed), { mode: 0o600 });
      this.#lines += changed.size;
    } catch (error) {
      for (const session of changed) this.#dirty.add(session);
      throw error;
    }
  }

  async #rewrite(): Promise<void> {
    const draft = `${this.#file}.new`;
    await writeFile(draft, this.#text(this.#summaries.keys()), { mode: 0o600, flush: true });
    await rename(draft, this.#file);
    this.#lines = this.#summaries.size;
  }

  #text(sessions: Iterable<string>): string {
    let text = "";
    for (const session of sessions) text += `${JSON.stringify(this.#summaries.get(session))}\n`;
    return text;
  }
}

/** The last summary of each session, as the file has them. */
export async function readSummaries(file: string): Promise<readonly Summary[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
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
