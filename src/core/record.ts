import type { Finding } from "./finding.ts";
import type { ApprovalId, RecordId, RuleId, SessionId } from "./ids.ts";
import type { Operation } from "./operation.ts";
import type { Principal } from "./principal.ts";
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
  /** Milliseconds spent looking for secrets, request and response together. */
  readonly scannedFor?: number;
  /** Where the recording of the exchange is, when there is one. */
  readonly recording?: string;
  /** What a model's answer said of itself. */
  readonly model?: {
    readonly name?: string;
    readonly inputTokens?: number;
    readonly outputTokens?: number;
  };
}

/** Where evidence goes. */
export interface AuditLog {
  /** Resolves when the intent is durable; rejects when it cannot be made so, and then nothing may go on. */
  intent(intent: Intent): Promise<void>;
  /** Keeps the completion; never throws, never delays the exchange. */
  complete(completion: Completion): void;
}
