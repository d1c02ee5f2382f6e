import { describe, expect, it } from "vitest";
import type { Audit } from "../../../src/audit/audit.ts";
import { openAuditLog } from "../../../src/audit/audit-log.ts";
import type { Clock } from "../../../src/base/clock.ts";
import { closing } from "./opened.ts";
import { type Mood, OtlpReceiver } from "./otlp-receiver.ts";
import { freshDir, sampleCompletion, sampleIntent } from "./sample.ts";

/** A thousand times as fast as ours, so that ten minutes of outage take 600 ms. */
const start = Date.now();
const hasty: Clock = {
  now: () => start + (Date.now() - start) * 1000,
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms / 1000);
    return () => clearTimeout(timer);
  },
};

function hurry(minutes: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, minutes * 60));
}

async function setUp(mood: Mood): Promise<{ audit: Audit; sink: OtlpReceiver; ids: string[] }> {
  const sink = new OtlpReceiver();
  sink.mood = mood;
  const url = await sink.start();
  closing.push(() => sink.stop());
  const dir = await freshDir();
  const deadline = 60_000_000;
  const audit = await openAuditLog({ dir, replica: "r1", clock: hasty, otlp: { url }, deadline });
  closing.push(() => audit.close());
  return { audit, sink, ids: [] };
}

async function burst(audit: Audit, ids: string[], count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async () => {
      const intent = sampleIntent();
      ids.push(intent.id);
      await audit.intent(intent);
      audit.complete(sampleCompletion(intent));
    }),
  );
}

function missing(sink: OtlpReceiver, ids: readonly string[]): readonly string[] {
  const servers = sink.servers();
  return ids.filter((id) => !servers.has(id));
}

describe("every exchange reaches the collector", () => {
  it.each<[string, Mood]>([
    ["answers 503", { kind: "fail", status: 503 }],
    ["answers 429 with Retry-After", { kind: "fail", status: 429, retryAfter: 1 }],
    ["answers 401", { kind: "fail", status: 401 }],
    ["answers 404", { kind: "fail", status: 404 }],
    ["hangs up", { kind: "hang up" }],
  ])("that %s for ten minutes, each once", async (_, mood) => {
    const { audit, sink, ids } = await setUp(mood);
    for (let minute = 0; minute < 10; minute++) {
      await burst(audit, ids, 100);
      await hurry(1);
    }
    expect(sink.spans).toEqual([]);
    sink.mood = { kind: "take" };
    await sink.until(() => sink.servers().size === ids.length);
    expect(missing(sink, ids)).toEqual([]);
    const sent = sink.spans.filter((span) => span.kind === "SPAN_KIND_SERVER");
    expect(sent.length).toBe(ids.length);
  });

  it("that flaps", async () => {
    const { audit, sink, ids } = await setUp({ kind: "take" });
    for (let turn = 0; turn < 20; turn++) {
      sink.mood = turn % 2 === 0 ? { kind: "fail", status: 503 } : { kind: "take" };
      await burst(audit, ids, 50);
      await hurry(0.2);
    }
    await sink.until(() => sink.servers().size === ids.length);
    expect(missing(sink, ids)).toEqual([]);
  });

  it("that rejects a part of each batch, for the rest without delay, for the part once it is taken", async () => {
    const unwanted = (id: unknown) => String(id).endsWith("0") || String(id).endsWith("7");
    const { audit, sink, ids } = await setUp({
      kind: "reject",
      when: (span) => unwanted(span.attributes["sallyport.record.id"]),
    });
    await burst(audit, ids, 600);
    const wanted = ids.filter((id) => !unwanted(id));
    await sink.until(() => missing(sink, wanted).length === 0);
    expect(wanted.length).toBeLessThan(ids.length);
    expect(missing(sink, ids).length).toBe(ids.length - wanted.length);
    sink.mood = { kind: "take" };
    await sink.until(() => missing(sink, ids).length === 0);
    const spans = sink.spans.filter((span) => span.kind === "SPAN_KIND_SERVER");
    const unique = new Set(spans.map((span) => `${span.traceId}/${span.spanId}`));
    expect(unique.size).toBe(ids.length);
  });

  it("that finds one span malformed for ever: 400 for its batch, and the others arrive", async () => {
    const { audit, sink, ids } = await setUp({ kind: "take" });
    const poison = sampleIntent();
    sink.refuseBatchWith = poison.id;
    const poisoned = audit.intent(poison).then(() => audit.complete(sampleCompletion(poison)));
    await burst(audit, ids, 300);
    await poisoned;
    await sink.until(() => missing(sink, ids).length === 0);
    sink.refuseBatchWith = undefined;
    await sink.until(() => missing(sink, [poison.id]).length === 0);
  });
});

describe("what a client sends as trace context", () => {
  it("suppresses no record and no span, and is never the parent", async () => {
    const { audit, sink, ids } = await setUp({ kind: "take" });
    const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const links = fuzzed(2000);
    const sent = links.map((link, index) =>
      sampleIntent({ link, ...(index % 2 === 0 ? { parent } : { parent: link }) }),
    );
    for (const intent of sent) ids.push(intent.id);
    await Promise.all(
      sent.map(async (intent) => {
        await audit.intent(intent);
        audit.complete(sampleCompletion(intent));
      }),
    );
    await sink.until(() => sink.servers().size === ids.length);
    const servers = sink.servers();
    for (const [index, id] of ids.entries()) {
      const span = servers.get(id);
      if (index % 2 === 0) expect(span?.parentSpanId).toBe("b7ad6b7169203331");
      expect(span?.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    }
  });
});

/** Trace contexts from sound to absurd: all versions, flags that say "not sampled", zeros, cut, overlong, not ASCII. */
function fuzzed(count: number): readonly string[] {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T;
  const hex = (length: number) =>
    Array.from({ length }, () => pick([..."0123456789abcdef"])).join("");
  const version = () => pick(["00", "01", "cc", "fe", "ff", "0", "zz"]);
  const trace = () => pick([hex(32), "0".repeat(32), hex(31), hex(33), "", hex(32).toUpperCase()]);
  const span = () => pick([hex(16), "0".repeat(16), hex(15), "g".repeat(16), ""]);
  const flags = () => pick(["00", "01", "02", "ff", "0", "", "00-extra"]);
  const noise = () => pick(["", "\u0000", " ", "\ud800", "💥".repeat(3000), ",", "-".repeat(99)]);
  return Array.from({ length: count }, () => {
    const sound = `${version()}-${trace()}-${span()}-${flags()}`;
    return Math.random() < 0.3 ? noise() + sound + noise() : sound;
  });
}
