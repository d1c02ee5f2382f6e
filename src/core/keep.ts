/** How much of an exchange is kept for replay: nothing, heads and outcome, or both bodies too (masked). */
export type RecordLevel = "none" | "metadata" | "full";

/** What a rule orders kept. `raw`: the unmasked bytes too, in a channel of their own that two people must open. */
export interface Keep {
  readonly level: RecordLevel;
  readonly raw: boolean;
  /** How long it is kept: one of the retention classes that the config names. */
  readonly class?: string;
}
