import type { Finding } from "./finding.ts";
import type { ApprovalId, RecordId, RuleId, SessionId } from "./ids.ts";
import type { Operation } from "./operation.ts";
import type { Principal } from "./principal.ts";
import type { ReversalCounts } from "./reversal.ts";
import type { ConnectionKind } from "./target.ts";

export type DecisionWord = "allow" | "deny" | "approve" | "error";

/** What is written down, durably, before anything is sent upstream or refused. */
export interface Intent {
  readonly id: RecordId;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly decision: DecisionWord;
  readonly method: string;
  /** The path without its query; queries can carry secrets. */
  readonly path: string;
  readonly connection?: {
    readonly name: string;
    readonly kind: ConnectionKind;
    /** Its origin: scheme, host and port. */
    readonly upstream: string;
  };
  readonly principal?: Principal;
  readonly session?: SessionId;
  readonly operations: readonly Operation[];
  readonly rules: readonly RuleId[];
  readonly observed: readonly RuleId[];
  readonly policyDigest?: string;
  readonly approval?: ApprovalId;
  /** Why not, where the answer was no: our words, never the client's. */
  readonly reason?: string;
  /** W3C `traceparent` from Envoy's gRPC metadata: the trusted parent. */
  readonly parent?: string;
  /** The client's own `traceparent`: a link, never a parent. */
  readonly link?: string;
  readonly userAgent?: string;
}

/** What came of an exchange, written when it ends. */
export interface Completion {
  readonly id: RecordId;
  readonly at: number;
  /** `completed`: the response ended; `refused`: we answered; `aborted`: somebody left or failed on the way. */
  readonly end: "completed" | "refused" | "aborted";
  readonly status?: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly findings: readonly Finding[];
  /** The upstream's `x-github-request-id`, which GitHub's own logs know. */
  readonly upstreamRequestId?: string;
  /** Milliseconds: waiting for a person, and until the upstream's first byte. */
  readonly parkedFor?: number;
  readonly upstreamAfter?: number;
  /** Milliseconds spent looking for secrets in bodies, request and response together; a fraction, as measured. */
  readonly scannedFor?: number;
  /** How much of each body was read for secrets, and what was not. */
  readonly coverage?: { readonly request?: Coverage; readonly response?: Coverage };
  /** How many secrets went on as placeholders, and how often one was put back; absent where no rule asks for any. */
  readonly placeholders?: ReversalCounts;
  /** Where the recording of the exchange is, when there is one. */
  readonly recording?: string;
  readonly model?: ModelUse;
}

/** How much of one body was read for secrets: no text of it, only counts of bytes under names of ours. */
export interface Coverage {
  /** Bytes that were read, by lens or kind of event: `json`, `sse:response.output_text.delta`, `text`, … */
  readonly scanned: Readonly<Record<string, number>>;
  /** Bytes that went on unread, by reason: `opaque`, `no rule asks`, … */
  readonly unscanned: Readonly<Record<string, number>>;
}

/** What a model's answer said of itself. */
export interface ModelUse {
  readonly name?: string;
  /** The provider's id of the answer. */
  readonly responseId?: string;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** Of the input tokens, those that came from the provider's cache, and those that were put into it. */
  readonly cacheReadTokens?: number;
  readonly cacheWriteTokens?: number;
  /** Of the output tokens, those that the model spent on reasoning. */
  readonly reasoningTokens?: number;
  /** Why it stopped, in the provider's words: `stop`, `tool_calls`, … */
  readonly finishReasons?: readonly string[];
}

/** Something that a person or the gateway itself did outside any exchange: an approval, a new policy, a replay viewed. */
export interface Act {
  /** `approval.approve`, `session.revoke`, `policy.load`, `key.change`, `recording.view`, `audit.export`, … */
  readonly action: string;
  /** Who did it: a principal's id, or `sallyport` for the gateway itself. */
  readonly actor: string;
  /** What it was done to: an approval's id, a session's, a digest. */
  readonly subject: string;
  readonly outcome: "success" | "failure";
  /** Our words, or the person's reason; masked and cut to 1 KiB. */
  readonly detail?: string;
}

/** Where acts go. */
export interface Acts {
  /**
   * Resolves when the act is durable; rejects when it cannot be made so. To be awaited before the one who acted is
   * told that it is done: an act that cannot be recorded is not answered with success.
   */
  act(act: Act): Promise<void>;
}

/** Where evidence of exchanges goes. */
export interface AuditLog {
  /** Resolves when the intent is durable; rejects when it cannot be made so, and then nothing may go on. */
  intent(intent: Intent): Promise<void>;
  /** Keeps the completion; never throws, never delays the exchange. */
  complete(completion: Completion): void;
}
