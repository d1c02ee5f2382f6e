import type { Masker } from "../core/finding.ts";
import type { Direction } from "../core/recording.ts";
import type { Entry } from "./entry.ts";

/** Where a session's entries and pieces go: `OpenSession`. */
export interface SessionSink {
  begin(at: number): number;
  entry(exchange: number, entry: Entry): void;
  piece(exchange: number, direction: Direction, t: number, bytes: Uint8Array): void;
  raw(exchange: number, direction: Direction, t: number, bytes: Uint8Array): void;
}

/** What onlookers of a running session see. */
export type Seen =
  | { readonly kind: "entry"; readonly entry: Entry }
  | {
      readonly kind: "piece";
      readonly t: number;
      readonly direction: Direction;
      readonly bytes: Uint8Array;
    };

/** What the recording of one exchange needs. */
export interface TapParts {
  readonly store: { session(name: string): SessionSink };
  /** When there is no room: leave a marked gap, or refuse and break what must be recorded. */
  readonly whenFull: "gap" | "refuse";
  /** Takes secrets out of all that is kept, whether or not policy masks. */
  readonly masker: () => Masker;
  /** The same without those that have read a text already; undefined where all have. Absent: all read it again. */
  readonly maskerBut?: (readBy: readonly Masker[]) => Masker | undefined;
  /** Those who look on, told of each entry and piece as it is kept. */
  readonly onlookers?: {
    /** Whether anybody watches that session now. */
    anyAt(session: string): boolean;
    tell(session: string, record: string, what: Seen): void;
  };
}
