import type { JsonPath, Treatment } from "../../http/json-edit.ts";
import { completionsStream, treatCompletions } from "./lens-completions.ts";
import { messagesStream, treatMessages } from "./lens-messages.ts";
import { responsesStream, treatResponses } from "./lens-responses.ts";
import type { StreamShape } from "./lens-stream.ts";
import { at, member } from "./lens-stream-event.ts";

/** Names under which streams that we do not know send their pieces. */
const usual = new Set([
  "delta",
  "text",
  "content",
  "partial_json",
  "arguments",
  "input",
  "chunk",
  "token",
  "response",
  "completion",
  "output",
  "data",
]);

/** A stream that nobody has described: strings under the usual names are taken for pieces of one text per place. */
const unknownStream: StreamShape = {
  treat(event, path) {
    const last = path[path.length - 1];
    if (typeof last !== "string" || !usual.has(last)) return undefined;
    if (typeof at(event, path) !== "string") return undefined;
    const kind = member(event, "type") ?? member(event, "event") ?? "";
    return { kind: "delta", channel: `unknown.${kind}.${path.join(".")}` };
  },
  ends: () => false,
};

/**
 * Whatever a model's API streams. Each event says itself what it is, so a path that is not known, or an upstream that
 * answers in another dialect than it was asked in, changes nothing.
 */
export const modelStream: StreamShape = {
  treat: (event, path) => shapeOf(event).treat(event, path),
  ends: (event, channel) => shapeOf(event).ends(event, channel),
};

const messageEvents =
  /^(?:message_(?:start|delta|stop)|content_block_(?:start|delta|stop)|ping|error)$/;

function shapeOf(event: unknown): StreamShape {
  if (Array.isArray(member(event, "choices"))) return completionsStream;
  const type = member(event, "type");
  if (typeof type !== "string") return unknownStream;
  if (type.startsWith("response.")) return responsesStream;
  return messageEvents.test(type) ? messagesStream : unknownStream;
}

/** A request to a model, or its whole answer, in any of the dialects. */
export function treatModel(path: JsonPath): Treatment | undefined {
  if (path[0] === "choices") return treatCompletions(path);
  return treatMessages(path) ?? treatResponses(path);
}
