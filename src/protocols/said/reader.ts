import type { Said } from "../../core/said.ts";
import type { Fields } from "../../http/fields.ts";
import type { ResponseHead } from "../../http/message.ts";

/** Reads what is said out of one body as it comes, in whatever chunks. Never throws: it is a witness, not a judge. */
export interface SaidReader {
  /** What is complete now. */
  write(chunk: Uint8Array): readonly Said[];
  /** The body is over, or was broken off: what was still open, as far as it came. */
  end(): readonly Said[];
  /** True where some of the body could not be read: too long, damaged, or in an unknown coding. */
  readonly truncated: boolean;
}

/**
 * Whether a listener wants to hear all, or what may become code alone: fenced code, and what tools are called with. Of a
 * question to a model it then hears only how it goes on.
 */
export type Heed = "all" | "code";

/** Both halves of one exchange in which something is said: its request is read before its response. */
export interface Conversation {
  request(fields: Fields): SaidReader;
  response(head: ResponseHead): SaidReader;
}
