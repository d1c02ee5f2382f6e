import type { NonEmpty } from "../base/non-empty.ts";
import type { RequestHead } from "../http/message.ts";
import type { ChangedFiles } from "./change.ts";
import type { Look, Masker } from "./finding.ts";
import type { RecordId, SessionId } from "./ids.ts";
import type { Operation } from "./operation.ts";
import type { Principal } from "./principal.ts";
import type { Target } from "./target.ts";

/** All that is known when a request is judged. Policy reads it; nothing writes it. */
export interface Facts {
  readonly record: RecordId;
  /** Milliseconds since the Unix epoch, at the request's head. */
  readonly at: number;
  readonly principal: Principal;
  readonly session: SessionId;
  readonly target: Target;
  readonly head: RequestHead;
  /** The body as far as it was read before judging; whole for JSON requests, the commands alone for a push. */
  readonly body: Uint8Array;
  readonly operations: NonEmpty<Operation>;
  /** The files that it changes, for people to see; undefined where it is no such request. */
  readonly changes?: () => Promise<ChangedFiles | undefined>;
  /** Looks through all that it carries for what this masker would mask. */
  readonly look?: (masker: Masker) => Promise<Look>;
}
