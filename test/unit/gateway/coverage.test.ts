import { expect, it } from "vitest";
import { channels } from "../../../src/gateway/channels.ts";
import { CoverageCounter } from "../../../src/gateway/coverage.ts";
import { chatLens, sseChatLens } from "../../../src/protocols/chat/lens.ts";
import type { Lens } from "../../../src/protocols/protocol.ts";
import { masker } from "../../property/http/lens-fixture.ts";

function coverageOf(lens: Lens, body: string) {
  const counter = new CoverageCounter();
  const transform = lens(counter.on(channels([masker], () => undefined)));
  for (const byte of Buffer.from(body)) transform.write(Uint8Array.of(byte));
  transform.flush();
  return counter.total;
}

it("counts every byte of a document, those that were not looked at by their reason", () => {
  const body = '{"choices":[{"text":"1234","logprobs":[1,2]}],"signature":"abc"}';
  expect(coverageOf(chatLens, body)).toEqual({
    scanned: { json: body.length - 10 },
    unscanned: { opaque: 5, removed: 5 },
  });
});

it("counts a stream by kind of event, whether its events are alike or not", () => {
  const event = (type: string, more: object) => `data: ${JSON.stringify({ type, ...more })}\n\n`;
  const delta = (n: number) =>
    event("response.output_text.delta", {
      sequence_number: n,
      output_index: 0,
      delta: `word ${n}`,
      obfuscation: "x".repeat(n),
    });
  const deltas = [8, 9, 10, 11, 12].map(delta).join("");
  const last = event("response.completed", { response: {} });
  const bad = event("Bad Type", {});
  const padding = 8 + 9 + 10 + 11 + 12 + 5 * 2;
  expect(coverageOf(sseChatLens, deltas + last + bad)).toEqual({
    scanned: {
      "sse:response.output_text.delta": deltas.length - padding,
      "sse:response.completed": last.length,
      "sse:other": bad.length,
    },
    unscanned: { opaque: padding },
  });
});

it("keeps the number of kinds bounded", () => {
  const counter = new CoverageCounter();
  const { read } = counter.on(channels([], () => undefined));
  for (let n = 0; n < 1000; n++) read?.(`kind-${n}`, 1);
  const counts = Object.values(counter.total.scanned);
  expect(counts.length).toBeLessThanOrEqual(49);
  expect(counts.reduce((a, b) => a + b)).toBe(1000);
});
