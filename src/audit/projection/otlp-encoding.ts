import { ProtoWriter } from "../../base/proto-writer.ts";
import type { Attributes, SpanValue } from "./attributes.ts";
import type { LogData } from "./log-data.ts";
import type { SpanData } from "./span.ts";
import type { TraceContext } from "./trace-context.ts";

/**
 * ExportTraceServiceRequest and ExportLogsServiceRequest (opentelemetry-proto 1.x) as bytes. Written by hand, since each
 * exchange is told twice and the SDK's objects would cost several times what the rest of its record does.
 */

const scope = { name: "sallyport.audit", version: "1" };
/** opentelemetry.proto.trace.v1.Span.SpanKind. */
const kinds = { internal: 1, server: 2, client: 3 } as const;
const statusError = 2;
/** W3C's sampled flag. */
const sampled = 0x01;
/** Bits 8 and 9 of SpanFlags: whether the parent is remote is known, and it is. */
const remoteKnown = 0x100;
const remote = 0x200;
const perItem = 2048;

/** A request for spans, all of one resource. */
export function encodeSpans(resource: Attributes, spans: readonly SpanData[]): Buffer {
  return request(resource, spans, writeSpan);
}

/** A request for log records, all of one resource. */
export function encodeLogs(resource: Attributes, logs: readonly LogData[]): Buffer {
  return request(resource, logs, writeLog);
}

/** Spans and log records lie in the same two envelopes. */
function request<Item>(
  resource: Attributes,
  items: readonly Item[],
  write: (writer: ProtoWriter, item: Item) => void,
): Buffer {
  const writer = new ProtoWriter(perItem * items.length);
  const all = writer.begin(1);
  const about = writer.begin(1);
  writeAttributes(writer, 1, resource);
  writer.end(about);
  const scoped = writer.begin(2);
  const by = writer.begin(1);
  writer.string(1, scope.name);
  writer.string(2, scope.version);
  writer.end(by);
  for (const item of items) write(writer, item);
  writer.end(scoped);
  writer.end(all);
  return writer.finish();
}

function writeSpan(writer: ProtoWriter, span: SpanData): void {
  const message = writer.begin(2);
  writeContext(writer, 1, span.context);
  if (span.parent !== undefined) writer.hex(4, span.parent.spanId);
  writer.string(5, span.name);
  writer.number(6, kinds[span.kind]);
  writeTime(writer, 7, span.start);
  writeTime(writer, 8, span.end);
  if (span.actor !== undefined) writeActor(writer, 9, span.actor);
  writeAttributes(writer, 9, span.attributes);
  if (span.link !== undefined) {
    const link = writer.begin(13);
    writeContext(writer, 1, span.link);
    writer.fixed32(6, sampled | remoteKnown | remote);
    writer.end(link);
  }
  const status = writer.begin(15);
  if (span.failed) writer.number(3, statusError);
  writer.end(status);
  writer.fixed32(16, sampled | remoteKnown | (span.parent === undefined ? 0 : remote));
  writer.end(message);
}

function writeLog(writer: ProtoWriter, log: LogData): void {
  const message = writer.begin(2);
  const isInfo = log.severity === "info";
  writeTime(writer, 1, log.at);
  // SEVERITY_NUMBER_INFO and SEVERITY_NUMBER_WARN.
  writer.number(2, isInfo ? 9 : 13);
  writer.string(3, isInfo ? "INFO" : "WARN");
  const body = writer.begin(5);
  writer.string(1, log.body);
  writer.end(body);
  if (log.actor !== undefined) writeActor(writer, 6, log.actor);
  writeAttributes(writer, 6, log.attributes);
  writer.fixed32(8, sampled);
  writeContext(writer, 9, log.context);
  writeTime(writer, 11, log.observed);
  writer.string(12, log.name);
  writer.end(message);
}

/** The trace's id in that field, the span's in the next. */
function writeContext(writer: ProtoWriter, field: number, { traceId, spanId }: TraceContext): void {
  writer.hex(field, traceId);
  writer.hex(field + 1, spanId);
}

/** Milliseconds as nanoseconds in 64 bits, which no number of JavaScript's holds. */
function writeTime(writer: ProtoWriter, field: number, ms: number): void {
  const seconds = Math.floor(ms / 1000);
  const nanoseconds = Math.round((ms - seconds * 1000) * 1e6);
  // high * 2^16 + low, word by word.
  const halves = Math.floor(seconds / half);
  const low = (seconds - halves * half) * 1e9 + nanoseconds;
  const high = halves * 1e9;
  const [lowWords, highWords] = [Math.floor(low / word), Math.floor(high / half)];
  const sum = (high - highWords * half) * half + (low - lowWords * word);
  const carried = Math.floor(sum / word);
  writer.fixed64(field, sum - carried * word, highWords + lowWords + carried);
}

const half = 0x1_0000;
const word = 0x1_0000_0000;

/** Attributes that were told once, encoded: an exchange is told twice, as a span and as a log record. */
const encoded = new WeakMap<Attributes, Buffer>();

function writeAttributes(writer: ProtoWriter, field: number, attributes: Attributes): void {
  const known = encoded.get(attributes);
  if (known !== undefined) {
    encoded.delete(attributes);
    writer.raw(retagged(known, field));
    return;
  }
  const from = writer.length;
  writePairs(writer, field, attributes);
  if (attributes.length > 1) encoded.set(attributes, Buffer.from(writer.since(from)));
}

function writePairs(writer: ProtoWriter, field: number, attributes: Attributes): void {
  for (const [name, value] of attributes) {
    const pair = writer.begin(field);
    writer.string(1, name);
    const any = writer.begin(2);
    writeValue(writer, value);
    writer.end(any);
    writer.end(pair);
  }
}

/** What is told of those who asked of late, encoded, in spans and in log records. */
const actors = { 9: new WeakMap<Attributes, Buffer>(), 6: new WeakMap<Attributes, Buffer>() };

function writeActor(writer: ProtoWriter, field: keyof typeof actors, actor: Attributes): void {
  const known = actors[field].get(actor);
  if (known !== undefined) {
    writer.raw(known);
    return;
  }
  const from = writer.length;
  writePairs(writer, field, actor);
  actors[field].set(actor, Buffer.from(writer.since(from)));
}

/** The same messages as another field; both fields' tags are one byte. */
function retagged(messages: Buffer, field: number): Buffer {
  for (let at = 0; at < messages.length; ) {
    messages[at++] = field * 8 + 2;
    let length = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = messages[at++] ?? 0;
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    at += length;
  }
  return messages;
}

/** The one member of an AnyValue. */
function writeValue(writer: ProtoWriter, value: SpanValue): void {
  if (typeof value === "string") writer.string(1, value);
  else if (typeof value === "boolean") writer.number(2, value ? 1 : 0);
  else if (typeof value === "number")
    if (Number.isSafeInteger(value)) writer.int64(3, value);
    else writer.double(4, value);
  else writeList(writer, value);
}

function writeList(writer: ProtoWriter, values: readonly string[]): void {
  const list = writer.begin(5);
  for (const value of values) {
    const item = writer.begin(1);
    writer.string(1, value);
    writer.end(item);
  }
  writer.end(list);
}
