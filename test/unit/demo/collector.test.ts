import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DemoCollector, startDemoCollector } from "../../../src/demo/collector.ts";
import { sampleContext, sampleTraces } from "../../support/spans.ts";

let collector: DemoCollector;
beforeAll(async () => {
  collector = await startDemoCollector();
});
afterAll(() => collector.close());

const post = (body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(`${collector.url}/v1/traces`, { method: "POST", body, headers });
const seen = {
  traceId: sampleContext.traceId,
  name: "GET repos",
  attributes: { text: "a", count: 7, minus: -3, yes: true },
};

test("spans are read as the real serializer writes them, gzipped or not", async () => {
  expect((await post(sampleTraces())).status).toBe(200);
  const gzipped = new Uint8Array(gzipSync(sampleTraces()));
  expect((await post(gzipped, { "content-encoding": "gzip" })).status).toBe(200);
  expect(collector.spans).toEqual([seen, seen]);
});

test("a body that is cut anywhere never brings it down", async () => {
  const whole = sampleTraces();
  for (let length = 0; length < whole.length; length += 7)
    expect([200, 400]).toContain((await post(whole.slice(0, length))).status);
  expect((await post(whole)).status).toBe(200);
});
