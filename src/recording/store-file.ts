import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SessionIndex } from "./index-file.ts";
import { indexFile, keyFolder, sessionFolder } from "./layout.ts";
import { OpenSession } from "./open-session-file.ts";
import type { StoreOptions } from "./options.ts";
import { cutTorn, partsOf, seal } from "./seal-file.ts";
import type { Summary } from "./summary.ts";

const flushEvery = 200;
const indexEvery = 2000;

/** The recordings of one gateway, in a folder; one process at a time writes it, any may read. */
export class RecordingStore {
  readonly options: StoreOptions;
  readonly index: SessionIndex;
  readonly #open = new Map<string, OpenSession>();
  #stop: () => void = () => undefined;
  #working: Promise<void> | undefined;
  #ended = false;
  #indexed = 0;

  private constructor(options: StoreOptions, index: SessionIndex) {
    this.options = options;
    this.index = index;
  }

  /** Opens the folder, and closes properly what a gateway that died has left open: its whole blocks stay. */
  static async open(options: StoreOptions): Promise<RecordingStore> {
    const { dir } = options;
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await writeFile(join(dir, "FORMAT"), "sallyport-recording 1\n", { mode: 0o600 });
    const index = await SessionIndex.open(indexFile(dir));
    const store = new RecordingStore(options, index);
    for (const summary of [...index.all()])
      if (summary.state === "live") await store.#recover(summary);
    await index.flush();
    store.#plan();
    return store;
  }

  /** Bytes that wait for the disk. */
  get pending(): number {
    let sum = 0;
    for (const session of this.#open.values()) sum += session.pending;
    return sum;
  }

  /** The session to which exchanges are added; kept open until it is idle. */
  session(name: string): OpenSession {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const opened = new OpenSession(name, this.options, this.index);
    this.#open.set(name, opened);
    return opened;
  }

  /** Writes what was taken so far; rejects when the disk does not take it. */
  async flush(): Promise<void> {
    await this.index.flush();
    await Promise.all([...this.#open.values()].map((session) => session.flush()));
  }

  /** Closes a session, if it is open. */
  async finish(name: string): Promise<void> {
    const session = this.#open.get(name);
    if (session === undefined) return;
    this.#open.delete(name);
    await session.flush();
    await session.close();
    await seal(this.options, name);
    const summary = this.index.get(name);
    if (summary !== undefined) this.index.set({ ...summary, state: "closed" });
    await this.index.flush();
  }

  /** Destroys the keys of a session: nobody can read it any more, wherever copies of it may be. */
  async destroy(session: string): Promise<void> {
    this.#open.delete(session);
    const folder = keyFolder(this.options.dir, session);
    for (const name of await readdir(folder).catch(() => [])) {
      const file = await open(join(folder, name), "r+").catch(() => undefined);
      await file?.write(randomBytes((await file.stat()).size), 0);
      await file?.sync();
      await file?.close();
    }
    await rm(folder, { recursive: true, force: true });
    await rm(sessionFolder(this.options.dir, session), { recursive: true, force: true });
  }

  /** Closes every session and the folder. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#stop();
    await this.#working;
    for (const name of [...this.#open.keys()]) await this.finish(name);
    await this.index.flush();
  }

  #plan(): void {
    if (this.#ended) return;
    this.#stop = this.options.clock.after(flushEvery, () => {
      this.#working = this.#work()
        .catch((error) => this.options.fault("recording", error))
        .finally(() => this.#plan());
    });
  }

  async #work(): Promise<void> {
    const now = this.options.clock.now();
    await Promise.all([...this.#open.values()].map((session) => session.flush()));
    if (now - this.#indexed >= indexEvery) {
      this.#indexed = now;
      await this.index.flush();
      await Promise.all([...this.#open.values()].map((session) => session.sync()));
    }
    for (const [name, session] of this.#open)
      if (session.idleSince !== undefined && now - session.idleSince > this.options.idle)
        await this.finish(name);
  }

  async #recover(summary: Summary): Promise<void> {
    const folder = sessionFolder(this.options.dir, summary.session);
    for (const part of await partsOf(folder)) await cutTorn(join(folder, part));
    await seal(this.options, summary.session);
    this.index.set({ ...summary, state: "cut" });
  }
}
