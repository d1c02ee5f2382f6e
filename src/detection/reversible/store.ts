/** How much is kept of one session, and for how long after it was last used. */
export interface ReversalLimits {
  /** Milliseconds. */
  readonly lifetime: number;
  readonly values: number;
  /** Of all of a session, as it is given: sealed. */
  readonly bytes: number;
}

/** Keeps what placeholders stand for, sealed, by session. It can read none of it. */
export interface ReversalStore {
  /** What is kept of a session, by placeholder. To ask is to use it: its lifetime begins anew. */
  read(session: string): Promise<ReadonlyMap<string, string>>;
  /** Keeps more of it, all or nothing; false where that would be more than the limits allow. */
  add(session: string, sealed: ReadonlyMap<string, string>): Promise<boolean>;
  /** Throws away what has not been used for a lifetime. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

/** What one entry counts for. */
export function bytesOf(placeholder: string, sealed: string): number {
  return placeholder.length + sealed.length;
}
