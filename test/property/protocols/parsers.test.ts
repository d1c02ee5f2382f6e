import { deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat } from "../../../src/http/transform.ts";
import { readPushHead } from "../../../src/protocols/git/commands.ts";
import { applyDelta } from "../../../src/protocols/git/pack/delta.ts";
import { PackReader } from "../../../src/protocols/git/pack/reader.ts";
import { flushPacket, packet, readPacket } from "../../../src/protocols/git/pkt-line.ts";
import { createProtocols } from "../../../src/protocols/index.ts";
import { readJson } from "../../../src/protocols/strict-json.ts";
import { type Ask, feed } from "../../unit/protocols/asking.ts";

const protocols = createProtocols();
const id = fc.stringMatching(/^[0-9a-f]{40}$/);

/** Bytes that are nearly right are worth more than noise. */
const graphqlish = fc
  .array(
    fc.constantFrom(
      "mutation",
      "query",
      "{",
      "}",
      "(",
      ")",
      "...",
      "on",
      "F",
      "fragment",
      "Mutation",
      "createRepository",
      "input",
      ":",
      "$i",
      '"x"',
      "[",
      "]",
      "@skip",
      "name",
      "#",
      "\n",
      "=",
      '"""',
      "null",
      "1",
    ),
    { maxLength: 40 },
  )
  .map((words) => words.join(" "));
const jsonish = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc
    .record({
      query: fc.oneof(graphqlish, fc.anything()),
      variables: fc.anything(),
      operationName: fc.anything(),
    })
    .map((value) => JSON.stringify(value)),
  fc
    .record({
      jsonrpc: fc.constantFrom("2.0", "1.0"),
      id: fc.anything(),
      method: fc.constantFrom("tools/call", "tools/list", "x"),
      params: fc.oneof(
        fc.anything(),
        fc.record({
          name: fc.constantFrom("push_files", "constructor", "x"),
          arguments: fc.anything(),
        }),
      ),
    })
    .map((value) => JSON.stringify(value)),
  fc
    .record({
      tree: fc.anything(),
      branch: fc.anything(),
      ref: fc.anything(),
      sha: fc.anything(),
      name: fc.anything(),
      model: fc.anything(),
      tools: fc.anything(),
    })
    .map((value) => JSON.stringify(value)),
);
const pushish = fc
  .array(
    fc.oneof(
      fc
        .tuple(
          id,
          id,
          fc.constantFrom("refs/heads/main", "refs/heads/..", "HEAD", "refs/tags/v\u0000x"),
          fc.constantFrom("", "\0 report-status side-band-64k", "\0 push-options"),
        )
        .map(([a, b, ref, caps]) => packet(`${a} ${b} ${ref}${caps}`)),
      fc.constant(flushPacket),
      fc.uint8Array({ maxLength: 20 }),
      fc.string({ maxLength: 30 }).map((text) => packet(text)),
    ),
    { maxLength: 6 },
  )
  .map((parts) => concat(parts));
const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  jsonish.map((text) => new TextEncoder().encode(text ?? "")),
  pushish,
);
const request: fc.Arbitrary<Ask> = fc.record({
  kind: fc.constantFrom("github-api" as const, "git" as const, "copilot" as const),
  method: fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "__proto__"),
  path: fc.constantFrom(
    "/graphql",
    "/mcp",
    "/mcp/readonly",
    "/chat/completions",
    "/responses",
    "/v1/messages",
    "/models",
    "/a/b.git/git-receive-pack",
    "/a/b.git/info/refs?service=git-receive-pack",
    "/a/b/info/lfs/objects/batch",
    "/repos/a/b/contents/x",
    "/repos/a/b/git/trees",
    "/repos/a/b/git/refs/heads/x",
    "/orgs/o/repos",
    "/user/repos",
    "/repositories/1/contents/x",
    "/__proto__/constructor",
    "/",
  ),
  headers: fc.constantFrom<Readonly<Record<string, string>>>(
    {},
    { "content-encoding": "gzip" },
    { upgrade: "websocket" },
    { "content-encoding": "gzip, br" },
  ),
  body,
});

describe("no bytes make a parser throw, or answer that there is nothing to judge", () => {
  it("any request", () => {
    fc.assert(
      fc.property(request, fc.integer({ min: 1, max: 400 }), (ask, size) => {
        const { parser, judged } = feed(ask, size, protocols);
        if (judged.ok) expect(judged.value.length).toBeGreaterThan(0);
        else expect(judged.error).not.toBe("");
        const reply = parser.refuse({
          code: "denied",
          message: "No.\u0007\n\nNever.",
          caseId: "c",
        });
        expect(reply.status).toBeGreaterThanOrEqual(200);
        expect(reply.headers["x-github-request-id"]).toBe("c");
      }),
      { numRuns: 3000 },
    );
  });

  it("however it is cut, a request means the same", () => {
    fc.assert(
      fc.property(request, fc.integer({ min: 1, max: 40 }), (ask, size) => {
        expect(feed(ask, size, protocols).judged).toEqual(feed(ask, 1 << 20, protocols).judged);
      }),
      { numRuns: 1000 },
    );
  });

  it("a gzip'd push means what it means plain", () => {
    fc.assert(
      fc.property(
        pushish.filter((bytes) => bytes.length > 0),
        (bytes) => {
          const ask: Ask = {
            kind: "git",
            method: "POST",
            path: "/a/b.git/git-receive-pack",
            body: bytes,
          };
          const zipped: Ask = {
            ...ask,
            body: gzipSync(bytes),
            headers: { "content-encoding": "gzip" },
          };
          expect(feed(zipped, 64, protocols).judged).toEqual(feed(ask, 64, protocols).judged);
        },
      ),
    );
  });
});

describe("pkt-lines", () => {
  it("come back as they were written", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), (payload) => {
        expect(readPacket(packet(payload), 0)).toEqual({
          kind: payload.length === 0 ? "line" : "line",
          payload,
          next: payload.length + 4,
        });
      }),
    );
  });
  it("never throw, never stand still", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const read = readPacket(bytes, 0);
        if ("next" in read) expect(read.next).toBeGreaterThan(0);
        readPushHead(bytes);
      }),
    );
  });
});

describe("packs", () => {
  const held = (bytes: Uint8Array) => ({
    size: bytes.length,
    read: (offset: number, length: number) =>
      bytes.subarray(Math.min(offset, bytes.length), offset + length),
  });
  const header = (count: number) =>
    Uint8Array.from([...Buffer.from("PACK"), 0, 0, 0, 2, 0, 0, 0, count]);
  const entry = fc
    .tuple(
      fc.integer({ min: 0, max: 7 }),
      fc.integer({ min: 0, max: 15 }),
      fc.uint8Array({ maxLength: 30 }),
      fc.boolean(),
    )
    .map(([type, size, content, packed]) =>
      concat([Uint8Array.of((type << 4) | size), packed ? deflateSync(content) : content]),
    );

  it("nothing in one makes the reader throw or hang", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 8 }),
        fc.uint8Array({ maxLength: 40 }),
        fc.integer({ min: 0, max: 255 }),
        id,
        async (entries, noise, count, wanted) => {
          const bytes = concat([header(count), ...entries, noise]);
          const reader = new PackReader(held(bytes), 0, "sha1");
          expect(await reader.commit(wanted)).toBeUndefined();
          expect(await reader.tree(wanted)).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
  });

  it("a delta never reads or writes outside, whatever it says", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 50 }),
        fc.uint8Array({ maxLength: 50 }),
        (base, delta) => {
          const result = applyDelta(base, concat([Uint8Array.of(base.length), delta]), 1 << 16);
          if (result !== undefined) expect(result.length).toBeLessThanOrEqual(1 << 16);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("strict JSON", () => {
  it("is JSON, less what two readers could read differently", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const read = readJson(new TextEncoder().encode(text));
        if (text.includes("__proto__")) return;
        expect(read).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    );
  });
  it("sees every name that comes twice", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.jsonValue(), fc.jsonValue(), (name, a, b) => {
        const member = (value: unknown) => `${JSON.stringify(name)}:${JSON.stringify(value)}`;
        const escaped = `"${[...name].map((char) => (char.length === 1 ? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}` : char)).join("")}"`;
        const text = `{"outer":[{${member(a)},${escaped}:${JSON.stringify(b)}}]}`;
        expect(readJson(new TextEncoder().encode(text)).ok).toBe(false);
      }),
    );
  });
});
