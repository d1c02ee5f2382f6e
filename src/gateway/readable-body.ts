import { err, ok, type Result } from "../base/result.ts";
import { decodeContent } from "../http/encoding.ts";
import type { Fields } from "../http/fields.ts";
import { pipe } from "../http/transform.ts";
import type { Lens } from "../protocols/protocol.ts";

/** How a body is read on its way, and which header lines are not true of it any more. */
export interface ReadableBody {
  /** Absent: the bytes go on as they are. */
  readonly lens?: Lens;
  readonly remove: readonly string[];
}

/** A body that nobody reads: its bytes go on as they are. */
export const unread: Result<ReadableBody> = ok({ remove: [] });

const none: readonly string[] = [];
/** Lines that speak of the bytes as they were sent. */
const ofTheBytes = ["content-encoding", "content-md5", "content-digest", "repr-digest", "etag"];

/**
 * How to reach the text of a body that is to be masked: through its content coding (RFC 9110 section 8.4), which is
 * undone for good, and the lens. The error says why it cannot be read, and then none of it may go on.
 */
export function readableBody(fields: Fields, lens: Lens): Result<ReadableBody> {
  if (!fields.has("content-encoding")) return ok({ lens, remove: none });
  const coding = fields.all("content-encoding").join(",").trim().toLowerCase();
  if (coding === "" || coding === "identity") return ok({ lens, remove: none });
  if (!decodeContent(coding).ok) return err("it came in a content coding that cannot be read here");
  return ok({
    lens: (open) => {
      const decoder = decodeContent(coding);
      if (!decoder.ok) throw new TypeError(decoder.error);
      return pipe([decoder.value, lens(open)]);
    },
    remove: ofTheBytes,
  });
}
