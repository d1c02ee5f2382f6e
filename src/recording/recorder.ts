import type { Clock } from "../base/clock.ts";
import { err, ok, type Result } from "../base/result.ts";
import { Turns } from "../base/turns.ts";
import type { RecordLevel } from "../core/keep.ts";
import type { Opening, Recorder, Tap } from "../core/recording.ts";
import { ExchangeTap, type Room } from "./exchange-tap.ts";
import type { SessionSink, TapParts } from "./sink.ts";

export interface RecorderParts extends TapParts {
  readonly clock: Clock;
  readonly store: { session(name: string): SessionSink; readonly pending: number };
  /** What is kept where no rule says. */
  readonly level: RecordLevel;
  /** Bytes that may wait in memory. */
  readonly spool: number;
  /** Whether raw recordings have people who could open them. */
  readonly raw: boolean;
}

/** Milliseconds of work on what was taken, after which others have their turn. */
const longestTurn = 4;

/** Records sessions: takes what happens at once, and does all work on it later. */
export class SessionRecorder implements Recorder {
  readonly #parts: RecorderParts;
  /** Bytes taken and not yet given to the store. */
  #waiting = 0;
  #lost = 0;
  readonly #turns = new Turns(Number.MAX_SAFE_INTEGER, longestTurn);

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** Bytes that wait, and bytes that were left out for want of room. */
  get counts(): { readonly pending: number; readonly lost: number } {
    return { pending: this.#waiting + this.#parts.store.pending, lost: this.#lost };
  }

  open(opening: Opening): Result<Tap | undefined> {
    const ordered = opening.keep ?? { level: this.#parts.level, raw: false };
    const { level, raw } = ordered;
    if (level === "none") return ok(undefined);
    const full = this.#full();
    if (full && this.#parts.whenFull === "refuse") return err("the recording has no room");
    const keep = { ...ordered, raw: raw && this.#parts.raw };
    return ok(new ExchangeTap(opening, keep, this.#parts, this.#room, this.#later));
  }

  #full(): boolean {
    return this.#waiting + this.#parts.store.pending >= this.#parts.spool;
  }

  readonly #room: Room = {
    take: (bytes) => {
      if (bytes > 0 && this.#full()) {
        this.#lost += bytes;
        return false;
      }
      this.#waiting += bytes;
      return true;
    },
    give: (bytes) => {
      this.#waiting -= bytes;
    },
  };

  readonly #later = (act: () => void): void => this.#turns.add(act);
}
