import { ok, type Result } from "../base/result.ts";
import type { Finding } from "../core/finding.ts";
import { type Refuse, refuse } from "../core/outcome.ts";
import type { Direction, Happening, Opening, Recorder, Tap } from "../core/recording.ts";

/** What happened, but for when. */
export type Untimed<H> = H extends unknown ? Omit<H, "at"> : never;

/** What everybody who listens is told of one exchange. */
export class Watch {
  readonly #now: () => number;
  #tap: Tap | undefined;
  #raw = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether anybody listens. */
  get on(): boolean {
    return this.#tap !== undefined;
  }

  /** Whether somebody wants the bytes before any masking. */
  get raw(): boolean {
    return this.#raw;
  }

  get uri(): string | undefined {
    return this.#tap?.uri;
  }

  /** Offers the exchange to the recorder; a refusal where it must not go on unrecorded. */
  open(recorder: Recorder, opening: Opening): Refuse | undefined {
    const opened = recorder.open(opening);
    if (!opened.ok)
      return refuse(
        "unavailable",
        "Sallyport cannot record this request, as its rule orders. Nothing was forwarded.",
      );
    this.#tap = opened.value;
    this.#raw = this.#tap !== undefined && opening.keep?.raw === true;
    return undefined;
  }

  /** The time at which something that is told now happened. */
  get now(): number {
    return this.#now();
  }

  tellAll(happenings: readonly Untimed<Happening>[]): void {
    for (const happening of happenings) this.tell({ ...happening, at: this.now } as Happening);
  }

  /** Tells of each finding, besides telling `report`. */
  reporter(direction: Direction, report: (finding: Finding) => void): (finding: Finding) => void {
    return (finding) => {
      report(finding);
      this.tell({ kind: "mask", at: this.now, direction, finding });
    };
  }

  tell(happening: Happening): void {
    this.#tap?.take(happening);
  }
}

/** Several recorders as one; one that must refuse refuses for all. */
export function recorders(all: readonly Recorder[]): Recorder {
  return {
    open: (opening): Result<Tap | undefined> => {
      const taps: Tap[] = [];
      for (const recorder of all) {
        const opened = recorder.open(opening);
        if (!opened.ok) return opened;
        if (opened.value !== undefined) taps.push(opened.value);
      }
      return ok(together(taps));
    },
  };
}

function together(taps: readonly Tap[]): Tap | undefined {
  const [first, ...rest] = taps;
  if (first === undefined || rest.length === 0) return first;
  const uri = taps.find((tap) => tap.uri !== undefined)?.uri;
  return {
    take: (happening) => {
      for (const tap of taps) tap.take(happening);
    },
    ...(uri === undefined ? {} : { uri }),
  };
}
