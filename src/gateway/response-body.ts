import { err, ok, type Result } from "../base/result.ts";
import type { RequestHead, ResponseHead } from "../http/message.ts";
import { contentLens } from "../protocols/content-lens.ts";
import type { Lens, Protocol } from "../protocols/protocol.ts";

/**
 * How to reach the text of a response: a lens, nothing where the bytes must not be changed, or the reason why the body
 * cannot be read, in which case none of it may reach the client.
 */
export function readable(
  head: ResponseHead,
  request: RequestHead,
  protocol: Protocol,
  masked: boolean,
): Result<Lens | undefined> {
  if (!masked) return ok(undefined);
  const lens = protocol.responseLens?.(head, request) ?? contentLens(head.fields);
  if (lens === "opaque") return ok(undefined);
  const coding = head.fields.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (coding !== "identity" && coding !== "")
    return err(
      "The upstream answered in a content coding that was not asked for and cannot be read, so its answer was withheld.",
    );
  return ok(lens);
}
