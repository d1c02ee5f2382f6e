import { Backlog } from "./backlog.ts";
import { keyFolder, sessionFolder } from "./layout.ts";
import { OpenSession } from "./open-session.ts";
import type { StoreOptions } from "./options.ts";
import { cutTorn, partsOf, seal } from "./seal.ts";
import { SessionIndex } from "./session-index.ts";
import type { Summary } from "./summary.ts";

const flushEvery = 200;
const indexEvery = 2000;
const recoveredAtOnce = 16;

/** The recordings of one gateway; one process at a time writes them, any may read. */
export class RecordingStore {
  readonly options: StoreOptions;
  readonly index: SessionIndex;
  readonly #open = new Map<string, OpenSession>();
  readonly #backlog = new Backlog();
  #stop: () => void = () => undefined;
  #working: Promise<void> | undefined;
  #ended = false;
  #indexed = 0;

  private constructor(options: StoreOptions, index: SessionIndex) {
    this.options = options;
    this.index = index;
  }

  /** Opens the shelf, and closes properly what a gateway that died has left open: its whole blocks stay. */
  static async open(options: StoreOptions): Promise<RecordingStore> {
    await options.shelf.put("FORMAT", Buffer.from("sallyport-recording 1\n"));
    const index = await SessionIndex.open(options.shelf.index);
    const store = new RecordingStore(options, index);
    const left = [...index.all()].filter(({ state }) => state === "live");
    for (let from = 0; from < left.length; from += recoveredAtOnce)
      await Promise.all(
        left.slice(from, from + recoveredAtOnce).map((summary) => store.#recover(summary)),
      );
    await index.flush();
    store.#plan();
    return store;
  }

  /** Bytes that wait to be written. */
  get pending(): number {
    return this.#backlog.bytes;
  }

  /** The session to which exchanges are added; kept open until it is idle. */
  session(name: string): OpenSession {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const opened = new OpenSession(name, this.options, this.index, this.#backlog);
    this.#open.set(name, opened);
    return opened;
  }

  /** Writes what was taken so far; rejects when the place does not take it. */
  async flush(): Promise<void> {
    await this.index.flush();
    await Promise.all([...this.#open.values()].map((session) => session.flush()));
  }

  /** Closes a session, if it is open. */
  async finish(name: string): Promise<void> {
    const session = this.#leave(name);
    if (session === undefined) return;
    await session.flush();
    await session.close();
    await seal(this.options, name);
    const summary = this.index.get(name);
    if (summary !== undefined) this.index.set({ ...summary, state: "closed" });
    await this.index.flush();
  }

  /** Destroys the keys of a session: nobody can read it any more, wherever copies of it may be. */
  async destroy(session: string): Promise<void> {
    this.#leave(session);
    await this.options.shelf.remove(keyFolder(session));
    await this.options.shelf.remove(sessionFolder(session));
  }

  /** Closes every session. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#stop();
    await this.#working;
    for (const name of [...this.#open.keys()]) await this.finish(name);
    await this.index.flush();
  }

  #leave(name: string): OpenSession | undefined {
    const session = this.#open.get(name);
    this.#open.delete(name);
    session?.backlog.leave();
    return session;
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
    await Promise.all([...this.#open.values()].map((session) => session.drain()));
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
    const { shelf } = this.options;
    for (const part of await partsOf(shelf, summary.session))
      await cutTorn(shelf, `${sessionFolder(summary.session)}/${part}`);
    await seal(this.options, summary.session);
    this.index.set({ ...summary, state: "cut" });
  }
}
