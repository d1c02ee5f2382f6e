/** How sure it is that lines came from a suggestion; the ladder is always stated, best first. */
export const rungs = ["exact", "strong", "partial", "temporal", "none", "unattributable"] as const;
export type Rung = (typeof rungs)[number];

/** Lines of a file (from 1, both ends included) that came from one suggestion. */
export interface AttributedLines {
  readonly from: number;
  readonly to: number;
  readonly evidence: Extract<Rung, "exact" | "strong" | "partial">;
  /** The share of what the suggestion said that the repository did not say before and that is found here. */
  readonly containment: number;
  /** Its words, its shape alone, or the whole file by its id. */
  readonly channel: "exact" | "abstract" | "blob";
  readonly suggestion: SuggestionRef;
}

/** Who asked, which model answered, and in which exchange. */
export interface SuggestionRef {
  readonly record: string;
  readonly index: number;
  readonly session: string;
  readonly at: number;
  readonly principal: string;
  readonly actor?: string;
  readonly model?: string;
  readonly turn: number;
  readonly tool?: string;
}

export interface AttributedFile {
  readonly path: string;
  /** Lines that the commit added. */
  readonly added: number;
  readonly lines: readonly AttributedLines[];
}

/** A claim about assistance that the commit's message makes, and whether it agrees with what was seen. */
export interface Claim {
  readonly trailer: string;
  readonly value: string;
  readonly verdict: "seen" | "not seen" | "contradicted";
}

/** Where a commit came by: an exchange through the gateway, or a job that attested it. */
export interface Sighting {
  readonly kind: "push" | "api" | "attested";
  /** The audit record of the exchange. */
  readonly record?: string;
  readonly session: string;
  readonly principal: string;
  readonly actor?: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** All that is known of a commit's origins. Holds no line of its source. */
export interface CommitProvenance {
  readonly commit: string;
  /** `github.com/acme/app` */
  readonly repository: string;
  readonly seen: readonly Sighting[];
  readonly evidence: Rung;
  /** Why it is that rung, in one sentence. */
  readonly why: string;
  readonly added: number;
  readonly files: readonly AttributedFile[];
  readonly claims: readonly Claim[];
  /** How many suggestions it was compared with. */
  readonly compared: number;
  /** Whether what the repository had before was taken away from every suggestion: whole, in part, or not at all. */
  readonly base: "whole" | "part" | "unknown";
}
