import { editJson } from "../../http/json-edit.ts";
import type { ResponseHead } from "../../http/message.ts";
import { editSse, rewriteEvent, type SseEvent } from "../../http/sse.ts";
import { concat, nothing, passThrough, type Transform } from "../../http/transform.ts";
import { formOf } from "../content-lens.ts";
import { at, member } from "./lens-stream-event.ts";
import { listElements } from "./list-elements.ts";

/** Blocks of a message that hold what the model thought, readable or encrypted. */
const kinds: readonly unknown[] = ["thinking", "redacted_thinking"];
const deltas: readonly unknown[] = ["thinking_delta", "signature_delta"];
/** A longer answer in one document is not held for this, in bytes: it is cut off. */
const longest = 64 * 1024 * 1024;

/** Takes the blocks of thinking out of an Anthropic message, so that the others are counted as if there were none. */
export function dropThinking({ fields }: ResponseHead): Transform | undefined {
  const form = formOf(fields);
  if (form === "events") return dropFromEvents();
  return form === "json" ? new WholeMessage() : undefined;
}

function dropFromEvents(): Transform {
  const dropped = new Set<number>();
  return editSse({
    edit: (event) => edited(event, dropped),
    end: () => nothing,
    // An event that is too long to be read goes nowhere, and nor does what follows it.
    overflow: () => ({ write: () => nothing, flush: () => nothing, pending: 0 }),
  });
}

function edited(event: SseEvent, dropped: Set<number>): Uint8Array {
  const parsed = parse(event.data);
  const index = member(parsed, "index");
  if (typeof index !== "number") return event.raw;
  if (kinds.includes(at(parsed, ["content_block", "type"]))) dropped.add(index);
  if (dropped.has(index) || deltas.includes(at(parsed, ["delta", "type"]))) return nothing;
  const before = [...dropped].filter((one) => one < index).length;
  return before === 0 ? event.raw : renumbered(event, index - before);
}

function renumbered(event: SseEvent, index: number): Uint8Array {
  const open = Object.assign(() => passThrough, { clean: () => true });
  const edit = editJson({
    open,
    treat: (path) =>
      path.length === 1 && path[0] === "index" ? { kind: "replace", json: `${index}` } : undefined,
  });
  const data = concat([edit.write(event.data ?? nothing), edit.flush()]);
  return rewriteEvent(event, data, (line) => line);
}

/** Holds a whole answer, and gives it without its thinking. */
class WholeMessage implements Transform {
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  get pending(): number {
    return this.#size;
  }

  write(chunk: Uint8Array): Uint8Array {
    this.#size += chunk.length;
    if (this.#size > longest)
      throw new RangeError("the answer is too long to be read for thinking");
    this.#chunks.push(new Uint8Array(chunk));
    return nothing;
  }

  flush(): Uint8Array {
    const body = concat(this.#chunks);
    const out: Uint8Array[] = [];
    let from = 0;
    for (const list of listElements(body, "content")) {
      const kept = list.elements.filter(([start, end]) => !isThinking(body.subarray(start, end)));
      if (kept.length === list.elements.length) continue;
      out.push(body.subarray(from, list.from));
      kept.forEach(([start, end], place) => {
        out.push(Buffer.from(place === 0 ? "" : ","), body.subarray(start, end));
      });
      from = list.to;
    }
    out.push(body.subarray(from));
    return concat(out);
  }
}

/** One that is cut off cannot be told, and is taken for thinking. */
function isThinking(element: Uint8Array): boolean {
  const parsed = parse(element);
  return parsed === undefined || kinds.includes(member(parsed, "type"));
}

function parse(bytes: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(bytes ?? nothing).toString("utf8")) ?? null;
  } catch {
    return undefined;
  }
}
