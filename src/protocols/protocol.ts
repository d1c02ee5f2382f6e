import type { NonEmpty } from "../base/non-empty.ts";
import type { Result } from "../base/result.ts";
import type { Operation } from "../core/operation.ts";
import type { Refusal } from "../core/refusal.ts";
import type { Target } from "../core/target.ts";
import type { Reply, RequestHead, ResponseHead } from "../http/message.ts";
import type { Transform } from "../http/transform.ts";

/** Opens the transform for one logical channel of text inside a body. */
export type OpenChannel = (channel: string) => Transform;

/** Reaches the text inside a body (JSON strings, SSE deltas) and leaves every other byte as it was. */
export type Lens = (open: OpenChannel) => Transform;

/** What a parser knows so far: it needs more of the body, or it can tell what is asked, or it cannot be told. */
export type Reading =
  | { readonly kind: "more" }
  | { readonly kind: "read"; readonly operations: Result<NonEmpty<Operation>> };

/** Reads one request. */
export interface RequestParser {
  /** Called once before any body; a parser that needs none answers here. */
  begin(): Reading;
  /** Takes the next bytes of the body. Not called again once it has answered. */
  write(chunk: Uint8Array): Reading;
  /** The body is over: it must answer now. An empty list cannot be said, so nothing slips by unjudged. */
  end(): Result<NonEmpty<Operation>>;
  /** Says no in the protocol's own words, from what was read so far. */
  refuse(refusal: Refusal): Reply;
}

/** Everything we know about one way of talking to an upstream. */
export interface Protocol {
  readonly name: string;
  recognises(head: RequestHead, target: Target): boolean;
  parse(head: RequestHead, target: Target): RequestParser;
  /** Where text lives in a request body; absent: the body is plain text, to be read whole. */
  requestLens?(head: RequestHead): Lens;
  /** Likewise for a response; `opaque` means that bytes must not be changed (git packs). */
  responseLens?(head: ResponseHead, request: RequestHead): Lens | "opaque";
}

export const more: Reading = { kind: "more" };
