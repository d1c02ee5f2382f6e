import type { Result } from "../base/result.ts";
import type { Masker } from "../core/finding.ts";
import { passThrough } from "../http/transform.ts";
import { contentLens } from "../protocols/content-lens.ts";
import type { Lens } from "../protocols/protocol.ts";
import type { Arrival } from "./arrival.ts";
import { type ReadableBody, readableBody, unread } from "./readable-body.ts";

/** How a request's body is read where something of it is to be masked, or `rewritten` otherwise. */
export function readableRequest(
  { head, protocol, parser }: Pick<Arrival, "head" | "protocol" | "parser">,
  maskers: readonly Masker[],
  reading: (lens: Lens) => Lens,
  rewritten = false,
): Result<ReadableBody> {
  // The bytes of a cargo are covered by its checksum: it can be looked into, never edited.
  if (parser.cargo !== undefined) return unread;
  if (maskers.length === 0) return rewritten ? readableBody(head.fields, asItIs) : unread;
  const lens = protocol.requestLens?.(head) ?? contentLens(head.fields);
  return readableBody(head.fields, reading(lens));
}

const asItIs: Lens = () => passThrough;
