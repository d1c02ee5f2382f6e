import type { ResponseHead } from "../../http/message.ts";
import { editSse, type SseEvent } from "../../http/sse.ts";
import { concat, nothing, type Transform } from "../../http/transform.ts";
import { formOf } from "../content-lens.ts";
import { isObject } from "../strict-json.ts";

const longest = 8 * 1024 * 1024;

/**
 * Takes tools out of the answer to `tools/list`, in JSON or in server-sent events. What holds no such answer goes by as
 * it is; an answer too long to be read is replaced by an error, for it could name anything.
 */
export function narrowTools(head: ResponseHead, keeps: (tool: string) => boolean): Transform {
  return formOf(head.fields) === "events"
    ? editSse({
        edit: (event) => narrowEvent(event, keeps),
        end: () => nothing,
        overflow: swallow,
        longest,
      })
    : narrowDocument(keeps);
}

function narrowDocument(keeps: (tool: string) => boolean): Transform {
  const chunks: Uint8Array[] = [];
  let size = 0;
  return {
    write: (chunk) => {
      size += chunk.length;
      if (size <= longest) chunks.push(chunk);
      else chunks.length = 0;
      return nothing;
    },
    flush: () => {
      if (size > longest) return encode({ jsonrpc: "2.0", id: null, error: tooLong });
      const bytes = concat(chunks);
      const narrowed = narrowMessage(bytes, keeps);
      return narrowed === undefined ? bytes : encode(narrowed);
    },
    get pending() {
      return size;
    },
  };
}

const tooLong = { code: -32001, message: "The list of tools is too long to be judged." };

/** Nothing of what could not be read goes on. */
function swallow(): Transform {
  return { write: () => nothing, flush: () => nothing };
}

function narrowEvent(event: SseEvent, keeps: (tool: string) => boolean): Uint8Array {
  const narrowed = event.data && narrowMessage(event.data, keeps);
  if (narrowed === undefined) return event.raw;
  const lines = new TextDecoder().decode(event.raw).split(/\r\n|\r|\n/);
  const others = lines.filter((line) => line !== "" && !/^data(:|$)/.test(line));
  return new TextEncoder().encode(
    `${[...others, `data: ${JSON.stringify(narrowed)}`].join("\n")}\n\n`,
  );
}

/** The message with fewer tools; `undefined` where it lists none. */
function narrowMessage(bytes: Uint8Array, keeps: (tool: string) => boolean): unknown {
  let message: unknown;
  try {
    message = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  if (!isObject(message) || !isObject(message["result"])) return undefined;
  const { tools } = message["result"];
  if (!Array.isArray(tools)) return undefined;
  const kept = tools.filter((tool: unknown) => {
    const name = isObject(tool) ? tool["name"] : undefined;
    return typeof name === "string" && keeps(name);
  });
  return { ...message, result: { ...message["result"], tools: kept } };
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
