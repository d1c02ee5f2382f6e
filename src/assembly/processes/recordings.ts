import type { SessionDeskParts } from "../../api/session-desk.ts";
import { Custody, tombstone } from "../../recording/custody.ts";
import type { Onlooker } from "../../recording/onlookers.ts";
import { FollowedIndex, together } from "../../recording/several.ts";
import type { Seen } from "../../recording/sink.ts";
import type { RecordingStore } from "../../recording/store.ts";
import { newestOf, type Summaries } from "../../recording/summaries.ts";
import type { Summary } from "../../recording/summary.ts";
import type { House } from "../house.ts";
import type { Line } from "./line.ts";

type Kept = Pick<SessionDeskParts, "store" | "refresh" | "reader" | "onlookers" | "custody">;

/** What becomes of a process's part of a session. */
interface Fate {
  readonly session: string;
  readonly hold?: NonNullable<Summary["hold"]>;
  readonly erased: boolean;
}

interface Watch {
  readonly session: string;
  readonly id: number;
}

const patience = 30_000;

/** The recordings of all processes as one, at the first of them: what it shows, holds and erases is every part of a session. */
export async function wholeRecordings(house: House, of: number, line: Line): Promise<Kept> {
  const { recordings, parts } = house;
  const { retention } = house.config.recording;
  const orphans = recordings.shelves.slice(of);
  const own = [recordings.store, ...(await Promise.all(orphans.map(recordings.adopt)))];
  const others = recordings.shelves.slice(1, of).map(({ index }) => new FollowedIndex(index));
  const store = new WholeStore({ own, others, line, classes: recordings.store.options.classes });
  const { clock, fault } = parts;
  const { forget } = house.provenance;
  const act = house.audit.act.bind(house.audit);
  const custody = new Custody({ store, clock, act, retention, fault, forget });
  custody.start();
  return {
    store,
    refresh: () => store.flush(),
    reader: recordings.readerOf(recordings.shelves),
    onlookers: wholeOnlookers(house, line),
    custody,
  };
}

/** What another process answers, so that the first can speak for it. */
export function answerForRecordings({ recordings }: House, line: Line): void {
  const { store, onlookers } = recordings;
  const watching = new Map<number, () => void>();
  line
    .on("recording-flush", () => store.flush())
    .on("recording-finish", (session: string) => store.finish(session))
    .on("recording-destroy", (session: string) => store.destroy(session))
    .on("recording-fate", (fate: Fate) => submit(store, fate))
    .on("watch", ({ session, id }: Watch) => {
      const tell = (record: string, what: Seen) => line.tell("seen", { id, record, what });
      watching.set(id, onlookers.watch(session, tell));
    })
    .on("unwatch", (id: number) => {
      watching.get(id)?.();
      watching.delete(id);
    });
}

async function submit({ index }: Pick<RecordingStore, "index">, fate: Fate): Promise<void> {
  const summary = index.get(fate.session);
  if (summary === undefined) return;
  const { hold: _, ...free } = summary;
  if (fate.erased) index.set(tombstone(summary));
  else index.set(fate.hold === undefined ? free : { ...free, hold: fate.hold });
  await (fate.erased ? index.rewrite() : index.flush());
}

interface WholeParts {
  /** Stores that this process has open: its own, and those of processes that no longer run. */
  readonly own: readonly RecordingStore[];
  readonly others: readonly FollowedIndex[];
  readonly line: Line;
  readonly classes: readonly string[];
}

/** Every process's recordings as a store: nothing is done with a session before all of them can do it. */
class WholeStore {
  readonly #parts: WholeParts;
  #fates: Fate[] = [];

  constructor(parts: WholeParts) {
    this.#parts = parts;
  }

  readonly index = {
    get: (session: string): Summary | undefined => this.#get(session),
    all: (): Iterable<Summary> => this.#all(),
    newest: (...asked: Parameters<Summaries["newest"]>): Generator<Summary> =>
      newestOf(this.#all()).newest(...asked),
    set: ({ session, state, hold }: Summary): void => {
      const held = hold === undefined ? {} : { hold };
      this.#fates.push({ session, erased: state === "erased", ...held });
    },
    flush: (): Promise<void> => this.#submit(),
    rewrite: (): Promise<void> => this.#submit(),
  };

  /** Learns what others have recorded; does not wait for one that does not answer. */
  async flush(): Promise<void> {
    const { own, others } = this.#parts;
    await Promise.all(own.map((store) => store.flush()));
    await this.#ask("recording-flush", undefined).catch(() => undefined);
    await Promise.all(others.map((index) => index.refresh()));
  }

  async finish(session: string): Promise<void> {
    await this.#ask("recording-finish", session);
    for (const store of this.#parts.own) await store.finish(session);
    await this.flush();
  }

  async destroy(session: string): Promise<void> {
    await this.#ask("recording-destroy", session);
    for (const store of this.#parts.own) await store.destroy(session);
  }

  async #submit(): Promise<void> {
    for (const fate of this.#fates.splice(0)) {
      await this.#ask("recording-fate", fate);
      for (const store of this.#parts.own) await submit(store, fate);
    }
    await Promise.all(this.#parts.others.map((index) => index.refresh()));
  }

  #ask(what: string, given: unknown): Promise<unknown> {
    return this.#parts.line.ask("others", { what, given }, patience);
  }

  #indexes() {
    const { own, others } = this.#parts;
    return [...own.map(({ index }) => index), ...others];
  }

  #get(session: string): Summary | undefined {
    const known = this.#indexes().map((index) => index.get(session));
    return together(
      known.filter((one) => one !== undefined),
      this.#parts.classes,
    );
  }

  *#all(): Iterable<Summary> {
    const told = new Set<string>();
    for (const index of this.#indexes())
      for (const { session } of index.all()) {
        if (told.has(session)) continue;
        told.add(session);
        const summary = this.#get(session);
        if (summary !== undefined) yield summary;
      }
  }
}

function wholeOnlookers({ recordings }: House, line: Line): Kept["onlookers"] {
  const watching = new Map<number, Onlooker>();
  let next = 0;
  line.on(
    "seen",
    ({ id, record, what }: { readonly id: number; readonly record: string; readonly what: Seen }) =>
      watching.get(id)?.(record, what),
  );
  return {
    watch: (session, onlooker) => {
      const id = next++;
      const end = recordings.onlookers.watch(session, onlooker);
      watching.set(id, onlooker);
      line.tell("tell-others", { what: "watch", given: { session, id } });
      return () => {
        end();
        watching.delete(id);
        line.tell("tell-others", { what: "unwatch", given: id });
      };
    },
  };
}
