import type { JsonPath, Treatment } from "../../http/json-edit.ts";
import { modelStream, treatModel } from "./lens-model.ts";
import type { StreamShape } from "./lens-stream.ts";
import { at, member } from "./lens-stream-event.ts";

/** Model calls, streamed, in which the signature of a block of thinking is a text of its own. */
export const signedStream: StreamShape = {
  treat(event, path) {
    if (path.length !== 2 || path[0] !== "delta" || path[1] !== "signature")
      return modelStream.treat(event, path);
    if (member(event, "type") !== "content_block_delta") return { kind: "keep" };
    const index = at(event, ["index"]);
    return {
      kind: "delta",
      channel: `content.${typeof index === "number" ? index : 0}.signature`,
    };
  },
  ends: (event, channel) => modelStream.ends(event, channel),
};

/** A whole answer likewise. */
export function treatSigned(path: JsonPath): Treatment | undefined {
  const [first, index, last] = path;
  const isSignature = path.length === 3 && first === "content" && last === "signature";
  return isSignature && typeof index === "number" ? { kind: "scan" } : treatModel(path);
}
