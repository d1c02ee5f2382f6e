import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Audit } from "../../../src/audit/audit.ts";
import { closing, open } from "./opened.ts";
import { OtlpReceiver } from "./otlp-receiver.ts";
import { freshDir, sampleCompletion, sampleIntent } from "./sample.ts";

async function receiver(): Promise<{ sink: OtlpReceiver; url: string }> {
  const sink = new OtlpReceiver();
  const url = await sink.start();
  closing.push(() => sink.stop());
  return { sink, url };
}

async function exchange(audit: Audit, over: Parameters<typeof sampleIntent>[0] = {}) {
  const intent = sampleIntent(over);
  await audit.intent(intent);
  audit.complete(sampleCompletion(intent));
  return intent;
}

describe("an exchange", () => {
  it("is one server span with the contract's attributes, decoded by the official protobuf", async () => {
    const { sink, url } = await receiver();
    const audit = await open(await freshDir(), { otlp: { url } });
    const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    const link = "00-11111111111111111111111111111111-2222222222222222-00";
    const intent = await exchange(audit, { parent, link });
    await sink.until(() => sink.spans.length > 0);
    const [span] = sink.spans;
    expect(span).toMatchObject({
      name: "repository.create",
      kind: "SPAN_KIND_SERVER",
      traceId: "0af7651916cd43dd8448eb211c80319c",
      parentSpanId: "b7ad6b7169203331",
      links: [{ traceId: "1".repeat(32), spanId: "2".repeat(16) }],
      start: intent.at,
      end: intent.at + 250,
      failed: false,
    });
    expect(span?.attributes).toMatchObject({
      "http.request.method": "POST",
      "http.response.status_code": 201,
      "url.path": "/orgs/acme/repos",
      "server.address": "api.github.com",
      "user.id": "583231",
      "user.name": "octocat",
      "cicd.pipeline.run.id": "120912",
      "vcs.repository.name": "app",
      "vcs.owner.name": "acme",
      "vcs.ref.head.name": "main",
      "vcs.ref.head.revision": "9d59409acf479dfa0df1aa568182e43e43df8bbe",
      "sallyport.record.id": intent.id,
      "sallyport.decision": "allow",
      "sallyport.rule": "new-repositories",
      "sallyport.operation": "repository.create",
      "sallyport.resource": "api.github.com/acme",
      "sallyport.session.id": "ses_1",
      "sallyport.policy.digest": "ab".repeat(32),
      "sallyport.mask.count": 1,
    });
    expect(sink.resource["service.name"]).toBe("sallyport");
  });

  it("is one JSON line, once it is durable", async () => {
    const lines: string[] = [];
    const audit = await open(await freshDir(), { out: (line) => lines.push(line) });
    const intent = await exchange(audit);
    await audit.close();
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { kind: "exchange", id: intent.id, decision: "allow", status: 201, masks: { "aws-key": 1 } },
    ]);
  });

  it("is an OTLP log record too", async () => {
    const { sink, url } = await receiver();
    const audit = await open(await freshDir(), { otlp: { url } });
    const intent = await exchange(audit);
    await sink.until(() => sink.logs.length > 0);
    expect(sink.logs[0]?.attributes["sallyport.record.id"]).toBe(intent.id);
  });

  it("keeps no claims, and no secret that the mask knows", async () => {
    const dir = await freshDir();
    const planted = `gh${"p_"}${"a".repeat(36)}`;
    const audit = await open(dir, { mask: (text) => text.replaceAll(planted, "[masked]") });
    await exchange(audit, {
      path: `/repos/${planted}`,
      userAgent: `x ${planted}`,
      operations: [
        {
          protocol: "git",
          name: "push",
          access: "write",
          resource: `github.com/${planted}`,
          attributes: { ref: `refs/heads/${planted}`, all: [planted] },
        },
      ],
    });
    await audit.close();
    const bytes = await everything(dir);
    expect(bytes).not.toContain(planted);
    expect(bytes).not.toContain("claims-are-not-kept");
    expect(bytes).toContain("[masked]");
  });
});

describe("a restart", () => {
  it("sends what was not delivered, once, and reports the exchange that nobody ended", async () => {
    const { sink, url } = await receiver();
    const dir = await freshDir();
    sink.mood = { kind: "fail", status: 503 };
    const first = await open(dir, { otlp: { url } });
    const ended = await exchange(first);
    const orphan = sampleIntent();
    await first.intent(orphan);
    await first.close();
    sink.mood = { kind: "take" };
    await open(dir, { otlp: { url } });
    await sink.until(() => sink.servers().size === 2);
    expect(sink.servers().get(ended.id)?.attributes["sallyport.end"]).toBe("completed");
    expect(sink.servers().get(orphan.id)).toMatchObject({
      failed: true,
      attributes: { "sallyport.end": "lost" },
    });
  });
});

async function everything(dir: string): Promise<string> {
  const names = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  const contents = await Promise.all(
    files.map((entry) => readFile(join(entry.parentPath, entry.name), "latin1")),
  );
  return contents.join("\n");
}
