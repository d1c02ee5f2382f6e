import type { Result } from "../base/result.ts";
import type { Fields } from "../http/fields.ts";
import type { RequestHead } from "../http/message.ts";
import type { Transform } from "../http/transform.ts";
import type { Decision } from "./decision.ts";
import type { Finding, Masker } from "./finding.ts";
import type { ApprovalId, RecordId, SessionId } from "./ids.ts";
import type { Keep } from "./keep.ts";
import type { Operation } from "./operation.ts";
import type { Principal } from "./principal.ts";
import type { Completion, DecisionWord } from "./record.ts";
import type { ConnectionKind } from "./target.ts";

/** Opens the transform for one text inside a body; `clean` says of a whole text at once that it would stay as it is, as a masker's does. */
export interface OpenText {
  (channel: string): Transform;
  readonly clean?: (channel: string, text: Uint8Array, lasting?: boolean) => boolean;
}

/**
 * How the text of a body is reached, so that it can be masked: through a lens that undoes any content coding; `opaque`
 * where its bytes have no text (a git pack); an error where they cannot be read, and then they must not be kept.
 */
export type Reach =
  | {
      readonly kind: "text";
      readonly lens: (open: OpenText) => Transform;
      /** The same for bytes whose content coding has been undone already. */
      readonly plain?: (open: OpenText) => Transform;
      /** Maskers that have read all of it, through the same lens, on its way. */
      readonly readBy?: readonly Masker[];
    }
  | { readonly kind: "opaque" }
  | { readonly kind: "unreadable"; readonly reason: string };

/** An exchange of a known caller, as it stands once it has been judged and before anything has moved. */
export interface Opening {
  readonly record: RecordId;
  /** Milliseconds since the Unix epoch, at the request's head. */
  readonly at: number;
  readonly session: SessionId;
  readonly principal: Principal;
  readonly connection: {
    readonly name: string;
    readonly kind: ConnectionKind;
    readonly upstream: string;
  };
  readonly protocol: string;
  /** As the client sent it, its credentials included: whoever keeps it must drop them. */
  readonly head: RequestHead;
  /** Empty where the request could not be read. */
  readonly operations: readonly Operation[];
  /** Absent where the request was refused before it could be judged. */
  readonly decision?: Decision;
  /** What the rules order; absent: none of them says. */
  readonly keep?: Keep;
  readonly request: Reach;
  /** To be called, never from within a call of ours, where the exchange must not go on without its recording. */
  readonly cut: (reason: string) => void;
}

/** What happens in an exchange, in order; `at` in milliseconds since the Unix epoch. */
export type Happening =
  /** Bytes of the request as they went upstream, after masking; or, of a request that went nowhere, as they came. */
  | {
      readonly kind: "requestBody";
      readonly at: number;
      readonly chunk: Uint8Array;
      readonly sent: boolean;
      /** Its content coding, if it had one, has been undone. */
      readonly decoded?: boolean;
      /** As of a reach; it holds for the whole body. */
      readonly readBy?: readonly Masker[];
    }
  /** The bytes that say what is asked, where the body itself is opaque: the commands of a push. */
  | { readonly kind: "requestGist"; readonly at: number; readonly chunk: Uint8Array }
  | { readonly kind: "requestEnd"; readonly at: number }
  /** The answer's head as the client sees it. `own`: we wrote it, not the upstream. */
  | {
      readonly kind: "responseHead";
      readonly at: number;
      readonly status: number;
      readonly fields: Fields;
      readonly own: boolean;
      readonly body: Reach;
    }
  | { readonly kind: "responseBody"; readonly at: number; readonly chunk: Uint8Array }
  | { readonly kind: "responseEnd"; readonly at: number }
  /** The same bytes before any masking; only where `keep.raw` asked for them. */
  | {
      readonly kind: "raw";
      readonly at: number;
      readonly direction: Direction;
      readonly chunk: Uint8Array;
    }
  | {
      readonly kind: "mask";
      readonly at: number;
      readonly direction: Direction;
      readonly finding: Finding;
    }
  /** The request waits for a person; then what came of it. */
  | { readonly kind: "parked"; readonly at: number; readonly approval: ApprovalId }
  | {
      readonly kind: "decided";
      readonly at: number;
      readonly decision: DecisionWord;
      /** Why not, in our words. */
      readonly reason?: string;
      readonly approval?: ApprovalId;
    }
  | { readonly kind: "end"; readonly at: number; readonly end: Completion["end"] };

export type Direction = "request" | "response";

/** Watches one exchange. Never throws, never waits, and leaves every chunk as it is. */
export interface Tap {
  take(happening: Happening): void;
  /** Where the recording will be found; for the audit record. */
  readonly uri?: string;
}

/** Watches exchanges: the session recording, or whoever else must see what was said. */
export interface Recorder {
  /** Undefined: it does not want this exchange. The error: the exchange must be refused rather than go on unrecorded. */
  open(opening: Opening): Result<Tap | undefined>;
}
