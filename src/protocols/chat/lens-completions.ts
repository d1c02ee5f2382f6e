import type { JsonPath, Treatment } from "../../http/json-edit.ts";
import { opaqueOrLogprobs } from "./lens-opaque.ts";
import type { Delta, StreamShape } from "./lens-stream.ts";
import { at } from "./lens-stream-event.ts";

/** Members of a delta that are not pieces of a text: they come once. */
const whole = new Set(["role", "id", "type", "name", "index"]);

/** Chat completions and completions, streamed: one text per choice and field, and per tool call. */
export const completionsStream: StreamShape = {
  treat(event, path) {
    const opaque = opaqueOrLogprobs(path);
    if (opaque) return opaque;
    if (path[0] !== "choices" || typeof at(event, path) !== "string") return undefined;
    if (path[2] !== "delta" && !(path[2] === "text" && path.length === 3)) return undefined;
    const last = path[path.length - 1];
    return typeof last === "string" && whole.has(last) ? undefined : deltaAt(event, path);
  },
  ends(event, channel) {
    const choices = at(event, ["choices"]);
    if (!Array.isArray(choices)) return false;
    return choices.some(
      (choice: unknown, position) =>
        typeof at(choice, ["finish_reason"]) === "string" &&
        channel.startsWith(`choices.${indexOf(choice, position)}.`),
    );
  },
};

/** Names the channel by the `index` that the event gives for choice and tool call, not by the place in its lists. */
function deltaAt(event: unknown, path: JsonPath): Delta {
  const names = path.map((name, depth) =>
    typeof name === "number" ? indexOf(at(event, path.slice(0, depth + 1)), name) : name,
  );
  const last = path[path.length - 1];
  return { kind: "delta", channel: names.join("."), json: last === "arguments" };
}

function indexOf(item: unknown, position: number): number {
  const index = at(item, ["index"]);
  return typeof index === "number" ? index : position;
}

/** Chat completions as one JSON document, and requests for them: arguments are JSON in a string. */
export function treatCompletions(path: JsonPath): Treatment | undefined {
  const opaque = opaqueOrLogprobs(path);
  if (opaque) return opaque;
  return path[path.length - 1] === "arguments" ? { kind: "json" } : undefined;
}
