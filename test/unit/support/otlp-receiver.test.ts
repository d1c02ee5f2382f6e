import { ROOT_CONTEXT, SpanKind, TraceFlags, trace } from "@opentelemetry/api";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type OtlpReceiver, startOtlpReceiver } from "../../support/otlp-receiver.ts";

let receiver: OtlpReceiver;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
});
afterAll(() => receiver.close());

const context = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  traceFlags: TraceFlags.SAMPLED,
};
const parent = { ...context, spanId: "00f067aa0ba902b7" };
type Span = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number];

const body = ProtobufTraceSerializer.serializeRequest([
  {
    name: "GET repos",
    kind: SpanKind.SERVER,
    spanContext: () => trace.getSpanContext(trace.setSpanContext(ROOT_CONTEXT, context)) ?? context,
    parentSpanContext: parent,
    startTime: [1_800_000_000, 5],
    endTime: [1_800_000_001, 6],
    status: { code: 2, message: "no" },
    attributes: { text: "a", count: 7, ratio: 0.5, yes: true, list: ["x", "y"] },
    links: [{ context: parent }],
    events: [{ name: "parked", time: [1_800_000_000, 6], attributes: { by: "mona" } }],
    duration: [1, 1],
    ended: true,
    resource: resourceFromAttributes({ "service.name": "demo" }),
    instrumentationScope: { name: "test" },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  } as Span,
]);

const send = () =>
  fetch(`${receiver.url}/v1/traces`, { method: "POST", body: body! as Uint8Array<ArrayBuffer> });

test("a span of the real serializer comes out as it went in", async () => {
  receiver.answerWith(503);
  expect((await send()).status).toBe(503);
  expect(receiver.spans).toEqual([]);
  receiver.answerWith(200);
  const awaited = receiver.span(({ name }) => name === "GET repos");
  expect((await send()).status).toBe(200);
  expect(await awaited).toEqual({
    resource: { "service.name": "demo" },
    traceId: context.traceId,
    spanId: context.spanId,
    parentId: parent.spanId,
    name: "GET repos",
    kind: 2,
    start: 1_800_000_000_000_000_005n,
    end: 1_800_000_001_000_000_006n,
    attributes: { text: "a", count: 7, ratio: 0.5, yes: true, list: ["x", "y"] },
    events: [{ name: "parked", attributes: { by: "mona" } }],
    links: [{ traceId: context.traceId, spanId: parent.spanId }],
    status: { code: 2, message: "no" },
  });
  await expect(receiver.span(({ name }) => name === "other", 10)).rejects.toThrow(/no such span/);
});
