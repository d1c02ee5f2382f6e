import { join } from "node:path";
import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import { ProtobufLogsSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import fc from "fast-check";
import protobuf from "protobufjs";
import { expect, test } from "vitest";
import type { LogData } from "../../../src/audit/projection/log-data.ts";
import { encodeLogs, encodeSpans } from "../../../src/audit/projection/otlp-encoding.ts";
import type { SpanData } from "../../../src/audit/projection/span.ts";

// What we write, read by OpenTelemetry's own definitions, is what OpenTelemetry's own serializer writes.
const folder = join(import.meta.dirname, "../../contract/audit/opentelemetry-proto");
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(folder, target);
root.loadSync([
  "opentelemetry/proto/collector/trace/v1/trace_service.proto",
  "opentelemetry/proto/collector/logs/v1/logs_service.proto",
]);
const service = "opentelemetry.proto.collector";
const Traces = root.lookupType(`${service}.trace.v1.ExportTraceServiceRequest`);
const Logs = root.lookupType(`${service}.logs.v1.ExportLogsServiceRequest`);
const read = (type: protobuf.Type, bytes: Uint8Array | undefined): object =>
  type.toObject(type.decode(bytes ?? new Uint8Array()), {
    longs: String,
    bytes: String,
    defaults: true,
  });

const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((id) => Buffer.from(id).toString("hex"));
const context = fc.record({ traceId: hex(16), spanId: hex(8) });
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ maxLength: 3000 }),
);
const time = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 4_000_000_000_000 }),
  fc.double({ min: 1_700_000_000_000, max: 4_000_000_000_000, noNaN: true }),
);
const value = fc.oneof(
  text,
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true, noInteger: true }),
  fc.array(text, { maxLength: 5 }),
);
// Objects, which the SDK takes, keep the order of names that are no numbers.
const named = (first: string) =>
  fc.uniqueArray(
    fc.tuple(
      fc.string({ maxLength: 200 }).map((text) => first + text),
      value,
    ),
    {
      selector: ([own]) => own,
      maxLength: 20,
    },
  );
const attributes = named("a");
const actor = named("b");
const spans = fc.array(
  fc.record(
    {
      name: text,
      kind: fc.constantFrom("server", "client", "internal"),
      context,
      parent: context,
      link: context,
      start: time,
      end: time,
      failed: fc.boolean(),
      actor,
      attributes,
    },
    { requiredKeys: ["name", "kind", "context", "start", "end", "failed", "attributes"] },
  ),
  { minLength: 1, maxLength: 5 },
);
const logs = fc.array(
  fc.record(
    {
      name: fc.string({ minLength: 1 }),
      at: time,
      observed: time,
      context,
      severity: fc.constantFrom("info", "warn"),
      body: text,
      actor,
      attributes,
    },
    { requiredKeys: ["name", "at", "observed", "context", "severity", "body", "attributes"] },
  ),
  { minLength: 1, maxLength: 5 },
);

const about = [
  ["service.name", "sallyport"],
  ["service.instance.id", "a"],
] as const;
const shared = {
  resource: resourceFromAttributes(Object.fromEntries(about)),
  instrumentationScope: { name: "sallyport.audit", version: "1" },
  droppedAttributesCount: 0,
};
const hrTime = (ms: number): HrTime => {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
};
const linked = (to: { traceId: string; spanId: string }, isRemote: boolean) => ({
  ...to,
  traceFlags: TraceFlags.SAMPLED,
  isRemote,
});
const plain = ({ actor: who = [], attributes: given }: Pick<SpanData, "actor" | "attributes">) =>
  Object.fromEntries(
    [...who, ...given].map(([own, one]) => [own, typeof one === "object" ? [...one] : one]),
  );

function bySdk(given: readonly SpanData[]): Uint8Array | undefined {
  const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };
  return ProtobufTraceSerializer.serializeRequest(
    given.map((span) => ({
      ...shared,
      name: span.name,
      kind: kinds[span.kind],
      spanContext: () => linked(span.context, false),
      ...(span.parent === undefined ? {} : { parentSpanContext: linked(span.parent, true) }),
      startTime: hrTime(span.start),
      endTime: hrTime(span.end),
      duration: [0, 0],
      status: { code: span.failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
      attributes: plain(span),
      links: span.link === undefined ? [] : [{ context: linked(span.link, true) }],
      events: [],
      ended: true,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    })),
  );
}

function logsBySdk(given: readonly LogData[]): Uint8Array | undefined {
  return ProtobufLogsSerializer.serializeRequest(
    given.map((log) => ({
      ...shared,
      hrTime: hrTime(log.at),
      hrTimeObserved: hrTime(log.observed),
      spanContext: linked(log.context, false),
      severityNumber: log.severity === "info" ? 9 : 13,
      severityText: log.severity === "info" ? "INFO" : "WARN",
      eventName: log.name,
      body: log.body,
      attributes: plain(log),
    })),
  );
}

test("spans are what the SDK's serializer makes of them", () => {
  fc.assert(
    fc.property(spans, (given) => {
      expect(read(Traces, encodeSpans(about, given as readonly SpanData[]))).toEqual(
        read(Traces, bySdk(given as readonly SpanData[])),
      );
    }),
  );
});

test("log records are what the SDK's serializer makes of them", () => {
  fc.assert(
    fc.property(logs, (given) => {
      expect(read(Logs, encodeLogs(about, given as readonly LogData[]))).toEqual(
        read(Logs, logsBySdk(given as readonly LogData[])),
      );
    }),
  );
});

test("attributes that were told before say the same again, in a span as in a log record", () => {
  fc.assert(
    fc.property(spans, logs, fc.boolean(), (told, drafts, spansFirst) => {
      const some = told as readonly SpanData[];
      const others = drafts.map((log, at) => ({
        ...log,
        ...(some[at]?.actor === undefined ? {} : { actor: some[at].actor }),
        attributes: some[at]?.attributes ?? log.attributes,
      })) as readonly LogData[];
      const bySpans = () =>
        expect(read(Traces, encodeSpans(about, some))).toEqual(read(Traces, bySdk(some)));
      const byLogs = () =>
        expect(read(Logs, encodeLogs(about, others))).toEqual(read(Logs, logsBySdk(others)));
      if (spansFirst) bySpans();
      byLogs();
      bySpans();
      byLogs();
    }),
  );
});
