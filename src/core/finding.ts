import type { Transform } from "../http/transform.ts";

/** A secret that was seen and masked. Never the value. */
export interface Finding {
  readonly rule: string;
  /** Keyed: the same secret gives the same fingerprint within one tenant. */
  readonly fingerprint: string;
  /** The logical channel: `body`, `choices.0.delta.content`, `header.location`, … */
  readonly channel: string;
  /** Byte offset and length of the secret within its channel. */
  readonly offset: number;
  readonly length: number;
}

/** Replaces secrets in UTF-8 text, one transform per logical channel. */
export interface Masker {
  open(channel: string, report: (finding: Finding) => void): Transform;
  /**
   * True only where this is all that the channel will ever hold and not a byte of it would be changed: a quick look.
   * `lasting`: these very bytes never change, and come again and again.
   */
  clean?(channel: string, text: Uint8Array, lasting?: boolean): boolean;
}

/** Where a secret was seen in a request. */
export interface Sighting {
  readonly finding: Finding;
  /** In the words of whoever sent it: a path, a member of a document. Not masked. */
  readonly place: string;
}

/** What came of a look for secrets: the first few that were seen and how many in all, or why not all could be read. */
export type Look =
  | { readonly kind: "read"; readonly sightings: readonly Sighting[]; readonly count: number }
  | { readonly kind: "unreadable"; readonly reason: string };
