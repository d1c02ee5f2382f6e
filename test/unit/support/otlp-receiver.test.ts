import { afterAll, beforeAll, expect, test } from "vitest";
import { type OtlpReceiver, startOtlpReceiver } from "../../support/otlp-receiver.ts";
import { sampleContext, sampleParent, sampleTraces } from "../../support/spans.ts";

let receiver: OtlpReceiver;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
});
afterAll(() => receiver.close());

const send = () => fetch(`${receiver.url}/v1/traces`, { method: "POST", body: sampleTraces() });

test("a span of the real serializer comes out as it went in", async () => {
  receiver.answerWith(503);
  expect((await send()).status).toBe(503);
  expect(receiver.spans).toEqual([]);
  receiver.answerWith(200);
  const awaited = receiver.span(({ name }) => name === "GET repos");
  expect((await send()).status).toBe(200);
  expect(await awaited).toEqual({
    resource: { "service.name": "demo" },
    traceId: sampleContext.traceId,
    spanId: sampleContext.spanId,
    parentId: sampleParent.spanId,
    name: "GET repos",
    kind: 2,
    start: 1_800_000_000_000_000_005n,
    end: 1_800_000_001_000_000_006n,
    attributes: { text: "a", count: 7, minus: -3, ratio: 0.5, yes: true, list: ["x", "y"] },
    events: [{ name: "parked", attributes: { by: "mona" } }],
    links: [{ traceId: sampleContext.traceId, spanId: sampleParent.spanId }],
    status: { code: 2, message: "no" },
  });
  await expect(receiver.span(({ name }) => name === "other", 10)).rejects.toThrow(/no such span/);
});

test("what no collector could read is answered with 400, and told at the end", async () => {
  const strict = await startOtlpReceiver();
  // A span whose name, field 5, is the lone byte 0xff.
  const body = Buffer.from("0a07120512032a01ff", "hex");
  const answer = await fetch(`${strict.url}/v1/traces`, { method: "POST", body });
  expect(answer.status).toBe(400);
  await expect(strict.close()).rejects.toThrow(/no OTLP/);
});
