import type { KeptBody } from "../../protocol.ts";

/** Bytes kept out of memory, written at the end and read anywhere. Throws when the medium fails. */
export interface PackSpool extends KeptBody {
  append(chunk: Uint8Array): void;
  /** Gives the space back; nothing can be read any more. */
  close(): void;
}

export type OpenPackSpool = () => PackSpool;
