import { SpanKind, TraceFlags } from "@opentelemetry/api";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";

export const sampleContext = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  traceFlags: TraceFlags.SAMPLED,
};
export const sampleParent = { ...sampleContext, spanId: "00f067aa0ba902b7" };

type Span = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number];

/** One span with a value of every kind, as the real serializer writes it. */
export function sampleTraces(): Uint8Array<ArrayBuffer> {
  const span: Span = {
    name: "GET repos",
    kind: SpanKind.SERVER,
    spanContext: () => sampleContext,
    parentSpanContext: sampleParent,
    startTime: [1_800_000_000, 5],
    endTime: [1_800_000_001, 6],
    status: { code: 2, message: "no" },
    attributes: { text: "a", count: 7, minus: -3, ratio: 0.5, yes: true, list: ["x", "y"] },
    links: [{ context: sampleParent }],
    events: [{ name: "parked", time: [1_800_000_000, 6], attributes: { by: "mona" } }],
    duration: [1, 1],
    ended: true,
    resource: resourceFromAttributes({ "service.name": "demo" }),
    instrumentationScope: { name: "test" },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  const body = ProtobufTraceSerializer.serializeRequest([span]);
  if (body === undefined) throw new TypeError("the serializer gave nothing");
  return new Uint8Array(body);
}
