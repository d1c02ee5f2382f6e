import type { Transform } from "../http/transform.ts";
import type { Masker } from "./finding.ts";

/** How often something was hidden from an upstream, and given back to its session. */
export interface ReversalCounts {
  readonly replaced: number;
  readonly restored: number;
}

/**
 * One session's secrets behind their placeholders, as one exchange sees them. What is found in the request is put away
 * here, and what the answer names is put back. Nobody else's placeholders are known to it.
 */
export interface Reversal {
  readonly counts: ReversalCounts;
  /** Nothing is put away: no answer can name anything. */
  readonly isEmpty: boolean;
  /**
   * Puts placeholders in for whatever was put away before, wherever it stands; undefined where nothing was. Made anew each
   * time: it is large, and must not be kept for as long as an answer takes.
   */
  known(): Masker | undefined;
  /** The same for what has been found since; undefined where nothing was. */
  fresh(): Masker | undefined;
  /** Makes durable what was found; false where there is no room for it. Rejects where it cannot be kept. */
  keep(): Promise<boolean>;
  /** Forgets what was found and is not durable: from now on, what is new gets an ordinary mark. */
  close(): void;
  /** Puts the true values into one text of an answer. */
  restore(): Transform;
  /** Whether there may be a placeholder in this whole text. */
  suspects(text: Uint8Array): boolean;
}
