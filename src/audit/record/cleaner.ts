import { cut } from "./cut.ts";

/** Takes secrets out of text that a client had a hand in; the same text always gives the same. */
export type MaskText = (text: string) => string;

const textBytes = 1024;
// Enough that, even without its last 4 KiB, a masked text fills the 1 KiB that is kept.
const examined = 8192;
const longestSecret = 4096;
const budgetPerRecord = 256 * 1024;

/** What was made of each source under each mask, and how much text was looked at for it. */
export type OncePer<Source extends object, Kept> = WeakMap<
  MaskText,
  WeakMap<Source, { readonly kept: Kept; readonly cost: number }>
>;

/**
 * Makes text fit to be kept: masked, well-formed, at most 1 KiB. Of one text it looks at the first 8,192 characters, of
 * one record's texts together at 256 Ki: what a client sends without end must not cost without end.
 */
export class Cleaner {
  readonly #mask: MaskText;
  #left = budgetPerRecord;

  constructor(mask: MaskText) {
    this.#mask = mask;
  }

  /** Whether more was asked of it than one record may cost; what it gave since then is empty. */
  exhausted(): boolean {
    return this.#left <= 0;
  }

  /** What `make` makes of something that never changes, made once; it costs the record the same as if it were made. */
  once<Source extends object, Kept>(
    source: Source,
    known: OncePer<Source, Kept>,
    make: () => Kept,
  ) {
    const ofMask = known.get(this.#mask) ?? new WeakMap();
    known.set(this.#mask, ofMask);
    const found = ofMask.get(source);
    if (found !== undefined && found.cost < this.#left) {
      this.#left -= found.cost;
      return found.kept;
    }
    const before = this.#left;
    const kept = make();
    // What came out short for want of budget is so in this record alone.
    if (!this.exhausted()) ofMask.set(source, { kept, cost: before - this.#left });
    return kept;
  }

  cleanIfAny(text: string | undefined): string | undefined {
    return text === undefined ? undefined : this.clean(text);
  }

  cleanAll(texts: readonly string[]): readonly string[] {
    const all: string[] = [];
    for (const text of texts) all.push(this.clean(text));
    return all;
  }

  clean(text: string): string {
    if (this.exhausted()) return "";
    const head = text.slice(0, examined);
    this.#left -= head.length;
    const formed = head.toWellFormed();
    const masked = this.#mask(formed);
    if (masked === formed && head.length === text.length) return cut(formed, textBytes);
    // A secret that the end cuts in two is not known as one: what may be its first part is left out.
    const whole = head.length === text.length ? masked : masked.slice(0, -longestSecret);
    return cut(whole.toWellFormed(), textBytes);
  }
}
