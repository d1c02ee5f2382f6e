import type { CommitProvenance } from "./answer.ts";

/** How long suggestions may be found again, in milliseconds: 90 days. */
export const suggestionsKept = 90 * 24 * 3_600_000;

/** A packed suggestion, and where it may turn up. */
export interface Kept {
  readonly scope: string;
  readonly session: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly packed: Buffer;
}

/** Keeps suggestions by scope for 90 days, and what is known of commits. Rejects when it cannot be reached. */
export interface ProvenanceStore {
  save(suggestions: readonly Kept[]): Promise<void>;
  /** Those of these scopes that are not older than 90 days, in no order. */
  suggestions(scopes: readonly string[], now: number): Promise<readonly Buffer[]>;
  /** Forgets every suggestion of a session, as when its recording is shredded. Resolves how many there were. */
  forget(session: string): Promise<number>;
  /** Does away with suggestions that are past their 90 days, where the store does not by itself. */
  sweep(now: number): Promise<void>;
  saveCommit(found: CommitProvenance): Promise<void>;
  commit(id: string): Promise<CommitProvenance | undefined>;
  /** The commits that a session made or that took in what it was given, oldest first. */
  commitsOf(session: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Days since the Unix epoch: suggestions are kept, and dropped, by the day. */
export function dayOf(at: number): number {
  return Math.floor(at / (24 * 3_600_000));
}

export const daysKept: number = dayOf(suggestionsKept);

/** The sessions that a commit is of: those that pushed it, and those whose suggestions it took in. */
export function sessionsOf({ seen, files }: CommitProvenance): readonly string[] {
  const given = files.flatMap(({ lines }) => lines.map(({ suggestion }) => suggestion.session));
  return [...new Set([...seen.map(({ session }) => session), ...given])];
}
