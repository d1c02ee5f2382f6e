import type { Clock } from "../base/clock.ts";
import type { KeyWrap } from "./keys.ts";
import type { Shelf } from "./shelf.ts";

/** What a store of recordings is made with. */
export interface StoreOptions {
  readonly shelf: Shelf;
  readonly clock: Clock;
  readonly keys: KeyWrap;
  /** Wraps the keys of raw parts so that no one person opens them; absent: nothing raw is kept. */
  readonly rawKeys?: KeyWrap;
  /** Signs `SHA256SUMS`: Ed25519 over its bytes. */
  readonly sign: (bytes: Uint8Array) => Uint8Array;
  /** A session is closed when nothing has happened in it for so many milliseconds. */
  readonly idle: number;
  /** Retention classes, the longest last. */
  readonly classes: readonly string[];
  /** Told, once, of each session that was closed: the SHA-256 of its `SHA256SUMS`. */
  readonly closed?: (session: string, digest: string) => Promise<void>;
  readonly fault: (where: string, error: unknown) => void;
}
