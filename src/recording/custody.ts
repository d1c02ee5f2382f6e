import type { Clock } from "../base/clock.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Act } from "../core/record.ts";
import type { SessionIndex } from "./session-index.ts";
import type { RecordingStore } from "./store.ts";
import { nothingYet, type Summary } from "./summary.ts";

/** The recordings that are in custody. */
export interface Kept extends Pick<RecordingStore, "finish" | "destroy"> {
  readonly index: Pick<SessionIndex, "get" | "all" | "set" | "flush" | "rewrite">;
}

export interface CustodyParts {
  readonly store: Kept;
  readonly clock: Clock;
  /** Resolves when what was done is durable in the audit log. */
  readonly act: (act: Act) => Promise<void>;
  /** Does away with what else was kept of what a session said. Rejects when it cannot: then nothing is erased. */
  readonly forget?: (session: string) => Promise<unknown>;
  /** How long sessions of each class are kept, in milliseconds. */
  readonly retention: Readonly<Record<string, number>>;
  readonly fault: (where: string, error: unknown) => void;
}

const sweepEvery = 3_600_000;

/** Who may do away with recordings, and when: holds, erasure, retention. Each is in the audit log before it is done. */
export class Custody {
  readonly #parts: CustodyParts;
  #stop: () => void = () => undefined;

  constructor(parts: CustodyParts) {
    this.#parts = parts;
  }

  /** Begins to erase what is past its time; stops when the function returned is called. */
  start(): () => void {
    const plan = () => {
      this.#stop = this.#parts.clock.after(sweepEvery, () => {
        this.sweep().catch((error) => this.#parts.fault("retention", error));
        plan();
      });
    };
    plan();
    return () => this.#stop();
  }

  /** Keeps a session from erasure, whatever its class says. */
  async hold(session: string, by: string, reason: string): Promise<Result<void>> {
    const summary = this.#parts.store.index.get(session);
    if (summary === undefined || summary.state === "erased") return err("there is no such session");
    await this.#act("recording.hold", by, session, reason);
    await this.#put({ ...summary, hold: { by, reason } });
    return ok(undefined);
  }

  /** Lifts a hold: one person asks, and another, who must be someone else, does it. */
  async lift(session: string, by: string, reason: string): Promise<Result<"asked" | "lifted">> {
    const summary = this.#parts.store.index.get(session);
    const hold = summary?.hold;
    if (summary === undefined || hold === undefined) return err("there is no hold on that session");
    if (hold.lifting === undefined || hold.lifting === by) {
      await this.#act("recording.lift-asked", by, session, reason);
      await this.#put({ ...summary, hold: { ...hold, lifting: by } });
      return ok("asked");
    }
    await this.#act("recording.lift", by, session, reason);
    const { hold: _, ...free } = summary;
    await this.#put(free);
    return ok("lifted");
  }

  /** Destroys a session's keys and parts, and what else was kept of it. What is left is a tombstone: in the index, and in the audit log. */
  async erase(session: string, by: string, reason: string): Promise<Result<void>> {
    const done = await this.#erase(session, by, reason);
    if (done.ok) await this.#parts.store.index.rewrite();
    return done;
  }

  async #erase(session: string, by: string, reason: string): Promise<Result<void>> {
    const { store } = this.#parts;
    const summary = store.index.get(session);
    if (summary === undefined || summary.state === "erased") return err("there is no such session");
    if (summary.hold !== undefined) return err("the session is on hold");
    await store.finish(session);
    await this.#act("recording.erase", by, session, reason);
    await this.#parts.forget?.(session);
    await store.destroy(session);
    store.index.set(tombstone(summary));
    return ok(undefined);
  }

  /** Erases every closed session that is past the time of its class; gives how many. */
  async sweep(): Promise<number> {
    const { store, clock, retention } = this.#parts;
    let erased = 0;
    let looked = 0;
    for (const summary of store.index.all()) {
      // Many are looked through: requests go first.
      if (++looked % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (!isDue(summary, retention, clock.now())) continue;
      const why = `retention: ${summary.class}`;
      if ((await this.#erase(summary.session, "sallyport", why)).ok) erased++;
    }
    // What was said of them is gone with the lines; once for all, for there may be many.
    if (erased > 0) await store.index.rewrite();
    return erased;
  }

  #act(action: string, actor: string, subject: string, detail: string): Promise<void> {
    return this.#parts.act({ action, actor, subject, outcome: "success", detail });
  }

  async #put(summary: Summary): Promise<void> {
    this.#parts.store.index.set(summary);
    await this.#parts.store.index.flush();
  }
}

/** Whether a closed session that nobody holds is past the time of its class. */
function isDue(
  { class: named, state, hold, to }: Summary,
  retention: CustodyParts["retention"],
  now: number,
): boolean {
  const kept = retention[named] ?? retention["default"];
  if (kept === undefined || state === "live" || state === "erased") return false;
  return hold === undefined && to + kept <= now;
}

/** All that stays of an erased session: that there was one, and when. */
export function tombstone({ session, from, to, class: kept }: Summary): Summary {
  return {
    session,
    from,
    to,
    state: "erased",
    principal: "",
    ...nothingYet,
    class: kept,
  };
}
