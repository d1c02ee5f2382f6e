import type { Finding } from "../core/finding.ts";
import { concat, nothing, type Transform } from "../http/transform.ts";
import { type Fingerprint, longestValue, lookBack, type Strategy, writeMark } from "./mark.ts";
import { nowhere, type Span, type Thread } from "./thread.ts";
import type { Window } from "./window.ts";

/** What finds secrets; see `Matcher` for the meaning of each part. */
export interface Finder {
  readonly position: number;
  readonly idle: boolean;
  readonly threads: readonly Thread[];
  readonly spans: Span[];
  readonly window: Window;
  hold(): number;
  scan(chunk: Uint8Array): void;
  end(): void;
  forget(offset: number): void;
}

/** Gives what to put in a secret's place, by its bytes and its fingerprint; undefined: a mark. */
export type Replace = (secret: Uint8Array, fingerprint: string) => string | undefined;

export interface RedactorOptions {
  readonly fingerprint: Fingerprint;
  readonly strategy: Strategy;
  readonly replace?: Replace | undefined;
  readonly channel: string;
  readonly report: (finding: Finding) => void;
}

/** Findings that overlap, on their way to become one mark. Everything before `start` has been released. */
interface Region {
  readonly start: number;
  end: number;
  best: Span | undefined;
}

/** Replaces what the matcher finds, and releases everything else as soon as it is cleared. */
export class Redactor implements Transform {
  readonly #matcher: Finder;
  readonly #options: RedactorOptions;
  /** Offset of the first byte that was neither released nor masked. */
  #released = 0;
  #region: Region | undefined;
  #afterMark = false;
  #out: Uint8Array[] = [];

  constructor(finder: Finder, options: RedactorOptions) {
    this.#options = options;
    this.#matcher = finder;
  }

  get pending(): number {
    return this.#region
      ? Math.max(1, this.#matcher.position - this.#released)
      : this.#matcher.position - this.#released;
  }

  write(chunk: Uint8Array): Uint8Array {
    const clear = this.#released === this.#matcher.position && !this.#region && !this.#afterMark;
    this.#matcher.scan(chunk);
    if (clear && this.#matcher.idle) {
      this.#released = this.#matcher.position;
      this.#matcher.forget(this.#released);
      return chunk;
    }
    this.#settle(this.#matcher.hold());
    this.#matcher.forget(this.#forgettable());
    return this.#take();
  }

  flush(): Uint8Array {
    this.#matcher.end();
    this.#settle(this.#matcher.position);
    if (this.#region) this.#close(this.#region);
    return this.#take();
  }

  /** Where a secret may have to come back, all of it is kept until it is over, unless it is too long for that. */
  #forgettable(): number {
    const start = this.#region?.start;
    if (start === undefined || this.#options.replace === undefined) return this.#released;
    return this.#matcher.position - start > lookBack ? this.#released : start;
  }

  #take(): Uint8Array {
    const out = concat(this.#out);
    this.#out = [];
    return out;
  }

  /** Releases and masks up to `hold`, before which everything is known. */
  #settle(hold: number): void {
    const spans = this.#matcher.spans;
    // The earliest last, from where it is cheap to take.
    spans.sort((a, b) => b.start - a.start);
    for (;;) {
      const region = this.#region;
      if (region) {
        this.#absorb(region);
        if (region.end > hold || this.#isOpen(region)) {
          this.#released = Math.max(this.#released, Math.min(region.end, this.#matcher.position));
          return;
        }
        this.#close(region);
      }
      const start = Math.min(spans.at(-1)?.start ?? Infinity, this.#earliestCertain(hold));
      if (start > hold || start === Infinity) {
        this.#release(hold);
        return;
      }
      this.#release(start);
      this.#region = { start, end: start, best: undefined };
    }
  }

  /** Takes in all that overlaps the region, also what is certain but not over. */
  #absorb(region: Region): void {
    const spans = this.#matcher.spans;
    for (let next = spans.at(-1); next && touches(region, next.start); next = spans.at(-1)) {
      region.end = Math.max(region.end, next.end);
      if (!region.best || next.rule.rank < region.best.rule.rank) region.best = next;
      spans.pop();
    }
    for (const thread of this.#certain())
      if (touches(region, thread.hold)) region.end = Math.max(region.end, thread.maskedEnd);
    const next = spans.at(-1);
    if (next && touches(region, next.start)) this.#absorb(region);
  }

  #certain(): readonly Thread[] {
    return this.#matcher.threads.filter((thread) => thread.certain && thread.hold !== nowhere);
  }

  #isOpen(region: Region): boolean {
    return this.#matcher.threads.some(
      (thread) => thread.hold !== nowhere && touches(region, thread.hold),
    );
  }

  #earliestCertain(hold: number): number {
    const first = this.#certain()[0];
    return first && first.hold <= hold
      ? Math.min(...this.#certain().map((thread) => thread.hold))
      : Infinity;
  }

  #release(to: number): void {
    if (to <= this.#released) return;
    const bytes = this.#matcher.window.copy(this.#released, to);
    this.#released = to;
    this.#out.push(this.#afterMark ? this.#withoutRest(bytes) : bytes);
  }

  /** A mark that ends within a character takes the rest of it along: what follows must be UTF-8. */
  #withoutRest(bytes: Uint8Array): Uint8Array {
    const next = bytes.findIndex((byte) => byte < 0x80 || byte >= 0xc0);
    if (next < 0) return nothing;
    this.#afterMark = false;
    return bytes.subarray(next);
  }

  #close(region: Region): void {
    this.#region = undefined;
    const end = Math.min(region.end, this.#matcher.position);
    this.#released = Math.max(this.#released, end);
    const { strategy, fingerprint, report, channel } = this.#options;
    const rule = region.best?.rule.id ?? "overflow";
    const secret = region.best?.secret ?? nothing;
    const print = fingerprint(secret.subarray(0, longestValue));
    const length = end - region.start;
    const { base, bytes } = this.#matcher.window;
    const placeholder = this.#placeholder(region.start, end, print);
    this.#out.push(placeholder ?? writeMark(strategy, rule, print, length));
    this.#afterMark = end <= base || (bytes[end - 1 - base] ?? 0) >= 0x80;
    report({ rule, fingerprint: print, channel, offset: region.start, length });
  }

  #placeholder(start: number, end: number, print: string): Uint8Array | undefined {
    const { replace } = this.#options;
    const { window } = this.#matcher;
    if (replace === undefined || start < window.base || end - start > longestValue)
      return undefined;
    const placeholder = replace(window.copy(start, end), print);
    return placeholder === undefined ? undefined : Buffer.from(placeholder, "latin1");
  }
}

/** The first span of a region fixes where it starts; later ones belong to it if they share a byte with it. */
function touches(region: Region, start: number): boolean {
  return start < region.end || start === region.start;
}
