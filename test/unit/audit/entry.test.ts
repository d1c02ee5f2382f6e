import { describe, expect, it } from "vitest";
import { maxAttributes, maxValueBytes } from "../../../src/audit/projection/attributes.ts";
import { serverSpan } from "../../../src/audit/projection/span.ts";
import { bounded } from "../../../src/audit/projection/span-attributes.ts";
import { completionEntry, intentEntry } from "../../../src/audit/record/entry.ts";
import { eventText } from "../../../src/audit/record/record.ts";
import type { ApprovalId, RuleId } from "../../../src/core/ids.ts";
import type { Operation } from "../../../src/core/operation.ts";
import { sampleCompletion, sampleIntent } from "../../contract/audit/sample.ts";

const plain = (text: string) => text;
const operation: Operation = {
  protocol: "git",
  name: "push",
  access: "write",
  resource: "github.com/acme/app",
  attributes: { ref: "refs/heads/main" },
};

describe("an intent that is kept", () => {
  it("holds no claims, and the commit of the run", () => {
    const entry = intentEntry(sampleIntent(), plain);
    expect(JSON.stringify(entry)).not.toContain("claims");
    expect(entry.principal?.commit).toMatch(/^[0-9a-f]{40}$/);
  });

  it("has of a principal that came before what each mask leaves of it, at the same cost", () => {
    const { principal } = sampleIntent({ path: "" });
    if (principal === undefined) throw new Error("the sample has a principal");
    const operations = [{ ...operation, attributes: { text: "x".repeat(9000) } }];
    const [masked, other] = [(text: string) => text.replaceAll("acme", "[x]"), plain];
    const kept = [masked, other, masked, other].map((mask) =>
      intentEntry(sampleIntent({ principal, operations }), mask),
    );
    expect(kept.map((entry) => entry.principal?.run?.repository)).toEqual([
      "[x]/app",
      "acme/app",
      "[x]/app",
      "acme/app",
    ]);
    const again = intentEntry(sampleIntent({ principal: { ...principal }, operations }), masked);
    expect(again.principal).toEqual(kept[2]?.principal);
    expect(again.operations).toEqual(kept[2]?.operations);
  });

  it("keeps less of a principal that came before where a record has no budget left for it", () => {
    const { principal } = sampleIntent();
    if (principal === undefined) throw new Error("the sample has a principal");
    const long = "s".repeat(8192);
    const rich = { ...principal, groups: Array.from({ length: 31 }, () => long) };
    const of = (path: string) => intentEntry(sampleIntent({ principal: rich, path }), plain);
    const [short, cut] = [of("/"), of(long)];
    expect(short.principal?.run?.ref).toBe("refs/heads/main");
    expect(cut.principal?.run?.ref).toBe("");
    expect(of("/").principal).toEqual(short.principal);
    expect(of(long)).toMatchObject({ principal: cut.principal });
  });

  it("always fits, however much a client sends", () => {
    const long = "\u{1f4a5}".repeat(50_000);
    const attributes = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`${index}${long}`, [long, long]]),
    );
    const operations = Array.from({ length: 5000 }, () => ({ ...operation, attributes }));
    const entry = intentEntry(sampleIntent({ path: long, userAgent: long, operations }), plain);
    expect(() => eventText({ kind: "intent", intent: entry })).not.toThrow();
    expect((entry.more?.count ?? 0) + entry.operations.length).toBe(5000);
    expect(Buffer.byteLength(entry.path)).toBeLessThanOrEqual(maxValueBytes);
  });

  it("says how many operations it leaves out, and which, by digest", () => {
    const many = Array.from({ length: 300 }, (_, index) => ({ ...operation, name: `op.${index}` }));
    const entry = intentEntry(sampleIntent({ operations: many }), plain);
    expect(entry.operations).toHaveLength(256);
    expect(entry.more?.count).toBe(44);
    const other = intentEntry(sampleIntent({ operations: many.toReversed() }), plain);
    expect(other.more?.digest).not.toBe(entry.more?.digest);
  });

  it("takes what is not Unicode, and what is not finite", () => {
    const odd = { ...operation, attributes: { a: "\ud800", b: Number.NaN, c: ["\udfff"] } };
    const entry = intentEntry(sampleIntent({ path: "/\ud800", operations: [odd] }), plain);
    expect(() => eventText({ kind: "intent", intent: entry })).not.toThrow();
  });
});

describe("the text of a client", () => {
  const secret = `gh${"p_"}${"a".repeat(36)}`;
  const mask = (text: string) => text.replaceAll(secret, "[x]");

  it("never shows the first part of a secret that the end of what is looked at cuts in two", () => {
    for (let before = 8192 - 45; before < 8192; before++) {
      const filler = secret.repeat(Math.floor(before / secret.length));
      const path = filler + "-".repeat(before - filler.length) + secret;
      expect(intentEntry(sampleIntent({ path }), mask).path).not.toContain("gh");
    }
  });

  it("costs no more than a bound, however much of it there is", () => {
    let examined = 0;
    const counting = (text: string) => {
      examined += text.length;
      return "";
    };
    const list = Array.from({ length: 64 }, () => "s".repeat(100_000));
    const attributes = Object.fromEntries(Array.from({ length: 64 }, (_, key) => [key, list]));
    const operations = Array.from({ length: 256 }, () => ({ ...operation, attributes }));
    const entry = intentEntry(sampleIntent({ operations }), counting);
    expect(examined).toBeLessThan(300_000);
    expect(entry.operations.length + (entry.more?.count ?? 0)).toBe(256);
  });
});

describe("a completion that is kept", () => {
  it("counts every finding by rule, and lists the first 512", () => {
    const finding = { rule: "pat", fingerprint: "f", channel: "body", offset: 0, length: 1 };
    const findings = Array.from({ length: 9000 }, () => finding);
    const completion = completionEntry(sampleCompletion(sampleIntent(), { findings }), plain);
    expect(completion.masks).toEqual({ pat: 9000 });
    expect(completion.findings).toHaveLength(512);
    expect(() => eventText({ kind: "completion", completion })).not.toThrow();
  });

  it("takes of a model's own words only counts and short, clean texts", () => {
    const model = {
      name: "m".repeat(5000),
      inputTokens: 3,
      outputTokens: Number.NaN,
      finishReasons: Array.from({ length: 99 }, () => "stop"),
    };
    const kept = completionEntry(sampleCompletion(sampleIntent(), { model }), plain).model;
    expect(kept).toEqual({
      name: "m".repeat(1024),
      inputTokens: 3,
      finishReasons: Array.from({ length: 8 }, () => "stop"),
    });
  });

  it("keeps how much was read for secrets, of however many kinds", () => {
    const scanned = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`kind${at}`, 2]));
    const coverage = { response: { scanned, unscanned: { opaque: 7 } } };
    const sample = sampleIntent();
    const completion = completionEntry(sampleCompletion(sample, { coverage }), plain);
    expect(completion.coverage?.response?.scanned["other"]).toBe(72);
    const exchange = {
      kind: "exchange",
      replica: "r",
      intent: intentEntry(sample, plain),
    } as const;
    expect(Object.fromEntries(serverSpan({ ...exchange, completion }).attributes)).toMatchObject({
      "sallyport.scan.bytes": 200,
      "sallyport.scan.skipped_bytes": 7,
      "sallyport.scan.skipped_reasons": "opaque",
    });
  });
});

describe("a span", () => {
  it("has at most 64 attributes of at most 1 KiB", () => {
    const draft = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`a${index}`, "\u20ac".repeat(5000)]),
    );
    const attributes = bounded(Object.entries(draft));
    expect(attributes).toHaveLength(maxAttributes);
    for (const [, value] of attributes)
      expect(Buffer.byteLength(String(value))).toBeLessThanOrEqual(maxValueBytes);
  });

  it("has so many with what is told of who asked", () => {
    const call = { ...operation, protocol: "mcp", name: "model.call", attributes: { tool: "t" } };
    const sample = sampleIntent({
      operations: [{ ...call, attributes: { ...call.attributes, model: "m" } }],
      method: "BREW",
      observed: ["seen" as RuleId],
      approval: "apr_1" as ApprovalId,
      reason: "because",
      link: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    });
    const counts = { scanned: { json: 1 }, unscanned: { opaque: 2 } };
    const model = {
      ...{ name: "m", responseId: "r", finishReasons: ["stop"], inputTokens: 1, outputTokens: 2 },
      ...{ cacheReadTokens: 3, cacheWriteTokens: 4, reasoningTokens: 5 },
    };
    const completion = completionEntry(
      sampleCompletion(sample, {
        ...{ model, recording: "rec", placeholders: { replaced: 1, restored: 2 }, status: 503 },
        coverage: { request: counts, response: counts },
      }),
      plain,
    );
    const intent = intentEntry(sample, plain);
    const span = serverSpan({ kind: "exchange", replica: "r", intent, completion, index: 7 });
    const all = [...(span.actor ?? []), ...span.attributes].map(([name]) => name);
    expect(new Set(all).size).toBe(all.length);
    expect(all).toHaveLength(maxAttributes);
    expect(all).toContain("sallyport.principal");
    expect(all).not.toContain("sallyport.client.traceparent");
  });

  it("names the model and its use as the GenAI conventions do", () => {
    const call = {
      ...operation,
      protocol: "chat",
      name: "model.call",
      attributes: { model: "gpt-5" },
    };
    const sample = sampleIntent({ operations: [call] });
    const model = { name: "gpt-5-mini", inputTokens: 12, outputTokens: 34 };
    const completion = completionEntry(sampleCompletion(sample, { model }), plain);
    const intent = intentEntry(sample, plain);
    const span = serverSpan({ kind: "exchange", replica: "r", intent, completion, index: 7 });
    expect(Object.fromEntries(span.attributes)).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.request.model": "gpt-5",
      "gen_ai.response.model": "gpt-5-mini",
      "gen_ai.usage.input_tokens": 12,
      "gen_ai.usage.output_tokens": 34,
      "sallyport.log.index": 7,
    });
  });

  it("tells an MCP tool call as one", () => {
    const call = { ...operation, protocol: "mcp", attributes: { tool: "create_issue" } };
    const intent = intentEntry(sampleIntent({ operations: [call] }), plain);
    const span = serverSpan({ kind: "exchange", replica: "r", intent });
    expect(Object.fromEntries(span.attributes)).toMatchObject({
      "mcp.method.name": "tools/call",
      "gen_ai.tool.name": "create_issue",
      "gen_ai.operation.name": "execute_tool",
      "sallyport.end": "lost",
    });
  });
});
