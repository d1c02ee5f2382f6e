import type { Result } from "../base/result.ts";
import type { Operation } from "../core/operation.ts";
import type { Thinking } from "../core/outcome.ts";
import type { ResponseHead } from "../http/message.ts";
import { pipe } from "../http/transform.ts";
import { contentLens } from "../protocols/content-lens.ts";
import type { Lens, SignedSeal } from "../protocols/protocol.ts";
import type { Arrival } from "./arrival.ts";
import { type ReadableBody, readableBody, unread } from "./readable-body.ts";
import { dropping, sealed } from "./thinking.ts";

/** How a response's body is read: through its protocol's lens, and without what a listing may not show to this caller. */
export function readableResponse(
  head: ResponseHead,
  arrival: Pick<Arrival, "head" | "protocol" | "parser">,
  reading: (lens: Lens) => Lens,
  permits: (operation: Operation) => boolean,
  seal?: SignedSeal,
  thinking?: Thinking,
): Result<ReadableBody> {
  const { head: request, protocol, parser } = arrival;
  const lens = protocol.responseLens?.(head, request) ?? contentLens(head.fields);
  if (lens === "opaque") return unread;
  const narrow = parser.narrow?.(head, permits);
  // Where nothing can be sealed, what is to be omitted cannot be had back: it is dropped.
  const isDropped = thinking === "drop" || (thinking === "omit" && seal === undefined);
  const drop = isDropped ? protocol.signed?.drop(head) : undefined;
  const masking = sealed(lens, arrival, seal, thinking === "omit");
  const open = reading(drop === undefined ? masking : dropping(drop, masking));
  return readableBody(
    head.fields,
    narrow === undefined ? open : (channel) => pipe([narrow, open(channel)]),
  );
}
