/** Keeps the bytes of a request that waits, in order, until they may go on or are thrown away. */
export interface Spool {
  /** Takes a chunk. A promise says: pause the sender until it resolves; it rejects when the bytes cannot be kept. */
  write(chunk: Uint8Array): Promise<void> | undefined;
  /** Takes out the oldest bytes not yet taken; undefined when none are left now (more may be written later). */
  take(): Promise<Uint8Array | undefined>;
  /** Forgets everything. Idempotent. */
  close(): void;
}

export type OpenSpool = () => Spool;
