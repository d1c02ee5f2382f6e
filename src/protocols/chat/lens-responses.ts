import type { JsonPath, Treatment } from "../../http/json-edit.ts";
import { opaqueOrLogprobs } from "./lens-opaque.ts";
import type { Delta, StreamShape } from "./lens-stream.ts";
import { at, member } from "./lens-stream-event.ts";

/** What tells one text from another, in every event that has a part of it. */
const indexes = ["output_index", "content_index", "summary_index"] as const;
const over = new Set(["response.completed", "response.incomplete", "response.failed", "error"]);
/** Media in base64: not text, and of no use with a mark in it. */
const media = new Set(["partial_image_b64", "b64_json"]);

/**
 * The Responses API, streamed. Every event `T.delta` carries a piece of the text that `T.done` repeats whole; the
 * repeats are scanned by themselves and come out the same, because masking does not depend on how a text is cut.
 */
export const responsesStream: StreamShape = {
  treat(event, path) {
    const type = typeOf(event);
    if (path.length === 1 && path[0] === "delta" && type.endsWith(".delta"))
      return type === "response.audio.delta" ? { kind: "keep" } : deltaOf(event, type);
    return treatResponses(path);
  },
  ends(event, channel) {
    const type = typeOf(event);
    if (over.has(type)) return true;
    if (type.endsWith(".done") && channel === channelOf(event, type.slice(0, -".done".length)))
      return true;
    return type === "response.output_item.done" && isOfItem(channel, event);
  },
};

function typeOf(event: unknown): string {
  const type = member(event, "type");
  return typeof type === "string" ? type : "";
}

function deltaOf(event: unknown, type: string): Delta {
  const stem = type.slice(0, -".delta".length);
  return { kind: "delta", channel: channelOf(event, stem), json: stem.endsWith("arguments") };
}

/** Two texts of one item and kind differ in an index; an event that leaves one out means the first. */
function channelOf(event: unknown, stem: string): string {
  const [output, content, summary] = indexes.map((name) => member(event, name) ?? 0);
  return `output.${output}.${content}.${summary}.${stem}`;
}

function isOfItem(channel: string, event: unknown): boolean {
  return channel.startsWith(`output.${at(event, ["output_index"]) ?? 0}.`);
}

/** A response as one JSON document, a full repeat inside an event, and requests. */
export function treatResponses(path: JsonPath): Treatment | undefined {
  const last = path[path.length - 1];
  if (last === "logprobs") return { kind: "replace", json: "[]" };
  if (typeof last === "string" && media.has(last)) return { kind: "keep" };
  if (last === "arguments") return { kind: "json" };
  return opaqueOrLogprobs(path);
}
