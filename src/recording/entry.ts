import type { RecordLevel } from "../core/keep.ts";
import type { Operation } from "../core/operation.ts";
import type { Run } from "../core/principal.ts";
import type { Completion, DecisionWord } from "../core/record.ts";
import type { Direction } from "../core/recording.ts";

/** One thing that a recording tells of an exchange; `t`: milliseconds after the exchange began. */
export type Entry =
  | ({ readonly k: "open" } & Opened)
  | { readonly k: "parked"; readonly t: number; readonly approval: string }
  | {
      readonly k: "decided";
      readonly t: number;
      readonly decision: DecisionWord;
      readonly reason?: string;
      readonly approval?: string;
    }
  /** Where a secret stood: in what, in which of its texts, from which byte on, how many bytes. Never the value. */
  | ({ readonly k: "mask"; readonly t: number; readonly dir: Direction } & Mark)
  /** `upstream`: the exchange's own answer; `gateway`: one that we wrote instead. */
  | {
      readonly k: "answer";
      readonly t: number;
      readonly by: "upstream" | "gateway";
      readonly status: number;
      readonly headers: readonly Line[];
    }
  /** A direction is over: how many bytes went by, and, of bytes that have no text and were not kept, their SHA-256. */
  | {
      readonly k: "over";
      readonly t: number;
      readonly dir: Direction;
      readonly bytes: number;
      readonly sha256?: string;
      /** Why its bytes are not here: they have no text, could not be read, or the rule keeps metadata alone. */
      readonly left?: "opaque" | "unreadable" | "level";
      /** The request went nowhere. */
      readonly unsent?: true;
    }
  /** Bytes that are missing because the spool was full, from then until then. */
  | {
      readonly k: "gap";
      readonly t: number;
      readonly until: number;
      readonly dir: Direction;
      readonly bytes: number;
    }
  | { readonly k: "end"; readonly t: number; readonly end: Completion["end"] | "cut" };

/** How an exchange begins. */
export interface Opened {
  readonly record: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly level: RecordLevel;
  readonly raw?: true;
  readonly class?: string;
  readonly principal: Who;
  readonly connection: { readonly name: string; readonly kind: string; readonly upstream: string };
  readonly protocol: string;
  readonly method: string;
  /** With its query, masked. */
  readonly path: string;
  readonly scheme: string;
  readonly authority: string;
  /** The client's header lines, masked, without its credentials. */
  readonly headers: readonly Line[];
  readonly operations: readonly Operation[];
  readonly rules: readonly string[];
  readonly observed: readonly string[];
  readonly policyDigest?: string;
  /** What masking has changed in what a policy could have read, so that a policy cannot be tried on it exactly. */
  readonly altered?: readonly ("headers" | "path" | "claims" | "body")[];
}

export interface Who {
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly groups: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
  readonly run?: Run;
}

export interface Mark {
  readonly rule: string;
  readonly fingerprint: string;
  readonly channel: string;
  readonly offset: number;
  readonly length: number;
  /** Masked in the recording alone: policy let it pass. */
  readonly late?: true;
}

export type Line = readonly [name: string, value: string];

/** A piece of a body, as the client saw it, and how many milliseconds after the exchange began it came. */
export interface Piece {
  readonly t: number;
  readonly bytes: Uint8Array;
}

/** Bytes where JSON tells of them: their text, or base64 where they are not UTF-8. */
export type PieceText = string | { readonly b64: string };

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Exactly these bytes. */
export function pieceText(bytes: Uint8Array): PieceText {
  try {
    return utf8.decode(bytes);
  } catch {
    return { b64: Buffer.from(bytes).toString("base64") };
  }
}
