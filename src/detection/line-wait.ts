import type { Span, Thread } from "./thread.ts";
import { lookBehind, verdictOn } from "./verdict.ts";
import type { Window } from "./window.ts";

/** How much of the line after a match is waited for, in bytes. */
const farthest = 256;

interface Waiting {
  readonly thread: Thread;
  readonly span: Span;
  /** Where the match was over. */
  readonly position: number;
}

/** Findings of rules that may be put out of force by the rest of their line: held until it is known. */
export class LineWait {
  readonly #window: Window;
  #waiting: Waiting[] = [];

  constructor(window: Window) {
    this.#window = window;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  clear(): void {
    this.#waiting = [];
  }

  add(thread: Thread, span: Span, position: number): void {
    this.#waiting.push({ thread, span, position });
  }

  /** The first byte of what waits, and the first that must be kept to judge it; `Infinity` where nothing waits. */
  hold(): number {
    return Math.min(...this.#waiting.map(({ span }) => span.start));
  }

  kept(): number {
    return Math.min(...this.#waiting.map(({ thread }) => thread.start - lookBehind));
  }

  /** Judges what has its line now, all if the stream is over; gives the findings that stand. */
  settle(isOver: boolean): readonly Span[] {
    const found: Span[] = [];
    this.#waiting = this.#waiting.filter((waiting) => {
      const lineEnd = this.#lineEnd(waiting, isOver);
      if (lineEnd === undefined) return true;
      const span = verdictOn(waiting.thread, this.#window, waiting.position, lineEnd);
      if (span) found.push(span);
      return false;
    });
    return found;
  }

  #lineEnd({ thread, position }: Waiting, isOver: boolean): number | undefined {
    const { base, bytes, end } = this.#window;
    const last = Math.min(end, position + farthest);
    const newline = bytes.subarray(0, last - base).indexOf(10, thread.valueEnd - base);
    if (newline >= 0) return base + newline;
    return isOver || last === position + farthest ? last : undefined;
  }
}
