import { messageSize, ProtoWriter } from "../base/proto-writer.ts";
import { unreachable } from "../base/unreachable.ts";
import type { HeaderEdits, Step } from "../gateway/phase.ts";
import type { Reply } from "../http/message.ts";

/** Envoy's advice for one `StreamedBodyResponse` (external_processor.proto): at most 64 KiB of body. */
export const LARGEST_CHUNK = 65_536;

/** All messages are written in one place: they are copied, or on their way, before the next is. */
const sheet = new ProtoWriter(LARGEST_CHUNK + 1024);

/**
 * `dynamic_metadata { sallyport: { allow: true } }`: what the RBAC latch after this filter requires. It goes out with
 * the release of the request's head and with nothing else, so a request that we did not release gets a 403.
 */
const latch = Buffer.from(
  writing((writer) => {
    const metadata = writer.begin(8);
    const entry = writer.begin(1);
    writer.string(1, "sallyport");
    // Value.struct_value { fields { key: "allow" value { bool_value: true } } }
    const value = writer.begin(2);
    const struct = writer.begin(5);
    const field = writer.begin(1);
    writer.string(1, "allow");
    const allowed = writer.begin(2);
    writer.number(4, 1);
    for (const message of [allowed, field, struct, value, entry, metadata]) writer.end(message);
  }),
);

function writing(write: (writer: ProtoWriter) => void): Buffer {
  sheet.clear();
  write(sheet);
  return sheet.finish();
}

/** Writes one serialized `ProcessingResponse`, as a view that is valid until the next is written. The only place that does. */
export function encode(step: Step): Buffer {
  switch (step.kind) {
    case "requestHead":
      return writing((writer) => {
        writeHead(writer, 1, step.edits);
        writer.raw(latch);
      });
    case "responseHead":
      return writing((writer) => writeHead(writer, 2, step.edits));
    case "requestBody":
      return streamedBody(3, step.chunk, step.end);
    case "responseBody":
      return streamedBody(4, step.chunk, step.end);
    case "requestTrailers":
      return writing((writer) => writeTrailers(writer, 5, step.edits));
    case "responseTrailers":
      return writing((writer) => writeTrailers(writer, 6, step.edits));
    case "reply":
      return writing((writer) => writeReply(writer, step.reply));
    default:
      return unreachable(step);
  }
}

/** `BodyResponse { response { body_mutation { streamed_response { body, end_of_stream } } } }`. */
function streamedBody(field: number, chunk: Uint8Array, end: boolean): Buffer {
  if (chunk.length > LARGEST_CHUNK)
    throw new RangeError(`a chunk of ${chunk.length} bytes must be cut first`);
  // The lengths beforehand: none of the messages around a body moves it.
  const streamed = (chunk.length === 0 ? 0 : messageSize(chunk.length)) + (end ? 2 : 0);
  const mutation = messageSize(streamed);
  const response = messageSize(mutation);
  const whole = messageSize(response);
  sheet.clear();
  sheet.head(field, whole);
  sheet.head(1, response);
  sheet.head(3, mutation);
  sheet.head(3, streamed);
  if (chunk.length > 0) sheet.bytes(1, chunk);
  if (end) sheet.number(2, 1);
  return sheet.finish();
}

/** `HeadersResponse { response { header_mutation } }`. */
function writeHead(writer: ProtoWriter, field: number, edits: HeaderEdits): void {
  const message = writer.begin(field);
  const response = writer.begin(1);
  writeMutation(writer, 2, edits);
  writer.end(response);
  writer.end(message);
}

/** `TrailersResponse { header_mutation }`. */
function writeTrailers(writer: ProtoWriter, field: number, edits: HeaderEdits): void {
  const message = writer.begin(field);
  writeMutation(writer, 1, edits);
  writer.end(message);
}

/** `HeaderMutation`: 1 set_headers, 2 remove_headers. Only `raw_value` is read by Envoy. */
function writeMutation(writer: ProtoWriter, field: number, { set, remove }: HeaderEdits): void {
  if (set.length === 0 && remove.length === 0) return;
  const mutation = writer.begin(field);
  const seen = new Set<string>();
  for (const [name, value] of set) {
    const option = writer.begin(1);
    const header = writer.begin(1);
    writer.string(1, name);
    writer.latin1(3, value);
    writer.end(header);
    // `append` (BoolValue) decides alone, `append_action` is ignored: the first line overwrites, more lines add.
    if (seen.has(name)) {
      const append = writer.begin(2);
      writer.number(1, 1);
      writer.end(append);
    }
    seen.add(name);
    writer.end(option);
  }
  for (const name of remove) writer.string(2, name);
  writer.end(mutation);
}

/** `ImmediateResponse`: 1 status, 2 headers, 3 body, 5 details. */
function writeReply(writer: ProtoWriter, { status, headers, body }: Reply): void {
  const message = writer.begin(7);
  const code = writer.begin(1);
  writer.number(1, status);
  writer.end(code);
  writeMutation(writer, 2, { set: Object.entries(headers), remove: [] });
  if (typeof body === "string") writer.string(3, body);
  else writer.bytes(3, body);
  writer.string(5, "sallyport");
  writer.end(message);
}
