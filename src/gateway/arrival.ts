import type { Gone } from "../core/departure.ts";
import type { Look, Masker } from "../core/finding.ts";
import type { ApprovalId, RecordId } from "../core/ids.ts";
import type { Refuse } from "../core/outcome.ts";
import type { Target } from "../core/target.ts";
import type { RequestHead } from "../http/message.ts";
import type { Protocol, RequestParser } from "../protocols/protocol.ts";
import type { HeldBody } from "./held-body.ts";

/** A request that has arrived and is held: nothing of it has gone on. */
export interface Arrival {
  readonly id: RecordId;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly head: RequestHead;
  readonly target: Target;
  readonly protocol: Protocol;
  readonly parser: RequestParser;
  readonly body: HeldBody;
  /** Tells when the client leaves. */
  readonly gone: Gone;
  /** To be called when the caller's identity is revoked: the exchange ends at once. */
  readonly revoked: () => void;
  /** To be called once it is judged, before anybody is asked: a refusal where it must not go on unrecorded. */
  readonly judged: (arrival: Arrival) => Refuse | undefined;
  /** Looks through all that it carries for what this masker would mask, once it is resolved. */
  readonly look: (arrival: Arrival, masker: Masker) => Promise<Look>;
  /** To be called when it begins to wait for a person. */
  readonly parked: (approval: ApprovalId) => void;
}
