import type { JsonPath, Treatment } from "../../http/json-edit.ts";
import { opaqueOrLogprobs } from "./lens-opaque.ts";
import type { Delta, StreamShape } from "./lens-stream.ts";
import { at, member } from "./lens-stream-event.ts";

/** Members of a `content_block_delta` that are pieces of a text; `partial_json` adds up to JSON. */
const pieces = new Set(["text", "thinking", "partial_json"]);

/** Anthropic Messages, streamed: one text per content block and kind. Signatures are never touched. */
export const messagesStream: StreamShape = {
  treat(event, path) {
    const [first, kind] = path;
    if (first === "delta" && path.length === 2 && typeof kind === "string" && pieces.has(kind))
      return deltaOf(event, kind);
    return treatMessages(path);
  },
  ends(event, channel) {
    const type = member(event, "type");
    if (type === "message_stop" || type === "error") return true;
    return type === "content_block_stop" && channel.startsWith(`content.${indexOf(event)}.`);
  },
};

function deltaOf(event: unknown, kind: string): Delta {
  const channel = `content.${indexOf(event)}.${kind}`;
  return { kind: "delta", channel, json: kind === "partial_json" };
}

function indexOf(event: unknown): number {
  const index = at(event, ["index"]);
  return typeof index === "number" ? index : 0;
}

/** A message as one JSON document, and requests; images and encrypted thinking stay as they are. */
export function treatMessages(path: JsonPath): Treatment | undefined {
  const last = path[path.length - 1];
  const parent = path[path.length - 2];
  if (parent === "source" && last === "data") return { kind: "keep" };
  if (last === "data" && typeof parent === "number") return { kind: "keep" };
  return opaqueOrLogprobs(path);
}
