import { unreachable } from "../base/unreachable.ts";
import type { HeaderEdits, Step } from "../gateway/phase.ts";
import type { Reply } from "../http/message.ts";
import {
  boolField,
  bytesField,
  empty,
  headOf,
  nestedField,
  numberField,
  stringField,
} from "./protobuf.ts";

/** Envoy's advice for one `StreamedBodyResponse` (external_processor.proto): at most 64 KiB of body. */
export const LARGEST_CHUNK = 65_536;

/**
 * `dynamic_metadata { sallyport: { allow: true } }`: what the RBAC latch after this filter requires. It goes out with
 * the release of the request's head and with nothing else, so a request that we did not release gets a 403.
 */
const latch = bytesField(
  8,
  bytesField(
    1,
    stringField(1, "sallyport"),
    // Value.struct_value { fields { key: "allow" value { bool_value: true } } }
    bytesField(
      2,
      bytesField(5, bytesField(1, stringField(1, "allow"), bytesField(2, numberField(4, 1)))),
    ),
  ),
);

/** Writes one serialized `ProcessingResponse`. The only place that does. */
export function encode(step: Step): Buffer {
  switch (step.kind) {
    case "requestHead":
      return Buffer.concat([bytesField(1, bytesField(1, headerMutation(2, step.edits))), latch]);
    case "responseHead":
      return bytesField(2, bytesField(1, headerMutation(2, step.edits)));
    case "requestBody":
      return streamedBody(3, step.chunk, step.end);
    case "responseBody":
      return streamedBody(4, step.chunk, step.end);
    case "requestTrailers":
      return bytesField(5, headerMutation(1, step.edits));
    case "responseTrailers":
      return bytesField(6, headerMutation(1, step.edits));
    case "reply":
      return immediateResponse(step.reply);
    default:
      return unreachable(step);
  }
}

/** `BodyResponse { response { body_mutation { streamed_response { body, end_of_stream } } } }`. */
function streamedBody(field: number, chunk: Uint8Array, end: boolean): Buffer {
  if (chunk.length > LARGEST_CHUNK)
    throw new RangeError(`a chunk of ${chunk.length} bytes must be cut first`);
  const body = chunk.length === 0 ? [] : [headOf(1, chunk.length), chunk];
  return nestedField([field, 1, 3, 3], [...body, boolField(2, end)]);
}

/** `HeaderMutation`: 1 set_headers, 2 remove_headers. Only `raw_value` is read by Envoy. */
function headerMutation(field: number, { set, remove }: HeaderEdits): Buffer {
  if (set.length === 0 && remove.length === 0) return empty;
  const seen = new Set<string>();
  const options = set.map(([name, value]) => {
    const header = bytesField(1, stringField(1, name), bytesField(3, Buffer.from(value, "latin1")));
    // `append` (BoolValue) decides alone, `append_action` is ignored: the first line overwrites, more lines add.
    const append = seen.has(name) ? bytesField(2, numberField(1, 1)) : empty;
    seen.add(name);
    return bytesField(1, header, append);
  });
  return bytesField(field, ...options, ...remove.map((name) => stringField(2, name)));
}

/** `ImmediateResponse`: 1 status, 2 headers, 3 body, 5 details. */
function immediateResponse({ status, headers, body }: Reply): Buffer {
  return bytesField(
    7,
    bytesField(1, numberField(1, status)),
    headerMutation(2, { set: Object.entries(headers), remove: [] }),
    bytesField(3, typeof body === "string" ? Buffer.from(body, "utf8") : body),
    stringField(5, "sallyport"),
  );
}
