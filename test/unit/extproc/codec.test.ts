import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode } from "../../../src/extproc/decode.ts";
import { encode } from "../../../src/extproc/encode.ts";
import type { Step } from "../../../src/gateway/phase.ts";
import { decodeResponse, encodeRequest } from "../../support/ext-proc-messages.ts";

const header = fc.record({
  key: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
  raw: fc.stringMatching(/^[\x20-\x7e]{0,60}$/),
});
const rawHeaders = (lines: readonly { key: string; raw: string }[]) => ({
  headers: lines.map(({ key, raw }) => ({ key, raw_value: Buffer.from(raw, "latin1") })),
});

describe("decode reads what protobufjs writes", () => {
  test("request heads, with attributes", () => {
    fc.assert(
      fc.property(fc.array(header), fc.boolean(), (lines, end) => {
        const pseudo = [
          { key: ":method", raw: "POST" },
          { key: ":path", raw: "/a?b" },
          { key: ":authority", raw: "h" },
          { key: ":scheme", raw: "https" },
        ];
        const bytes = encodeRequest({
          request_headers: { headers: rawHeaders([...pseudo, ...lines]), end_of_stream: end },
          attributes: {
            "envoy.filters.http.ext_proc": {
              fields: {
                "xds.route_name": { stringValue: "api@host" },
                "source.address": { stringValue: "10.0.0.1:5" },
                "request.size": { numberValue: 7 },
              },
            },
          },
          metadata_context: { filter_metadata: { x: { fields: { a: { boolValue: true } } } } },
          protocol_config: { request_body_mode: 4 },
        });
        const phase = decode(bytes, "00-aa-bb-01");
        expect(phase).toMatchObject({
          kind: "requestHead",
          end,
          origin: { route: "api@host", sourceAddress: "10.0.0.1:5", parent: "00-aa-bb-01" },
          head: { method: "POST", path: "/a?b", authority: "h", scheme: "https" },
        });
        if (phase.kind !== "requestHead") throw new Error("not a head");
        expect([...phase.head.fields]).toEqual(lines.map(({ key, raw }) => [key, raw]));
      }),
    );
  });

  test.each(["request_body", "response_body"] as const)("%s of any bytes", (field) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (body, end) => {
        const phase = decode(encodeRequest({ [field]: { body, end_of_stream: end } }), "");
        if (phase.kind !== "requestBody" && phase.kind !== "responseBody") throw new Error("kind");
        expect(Buffer.from(phase.chunk)).toEqual(Buffer.from(body));
        expect(phase.end).toBe(end);
      }),
    );
  });

  test("response heads and trailers of both directions", () => {
    const lines = [
      { key: ":status", raw: "404" },
      { key: "set-cookie", raw: "a" },
      { key: "set-cookie", raw: "b" },
    ];
    const head = decode(encodeRequest({ response_headers: { headers: rawHeaders(lines) } }), "");
    if (head.kind !== "responseHead") throw new Error("kind");
    expect(head.head.status).toBe(404);
    expect(head.head.fields.all("set-cookie")).toEqual(["a", "b"]);
    for (const side of ["request", "response"] as const) {
      const trailers = rawHeaders([{ key: "x-sum", raw: "1" }]);
      const phase = decode(encodeRequest({ [`${side}_trailers`]: { trailers } }), "");
      if (phase.kind !== "requestTrailers" && phase.kind !== "responseTrailers")
        throw new Error("kind");
      expect([...phase.fields]).toEqual([["x-sum", "1"]]);
    }
  });

  test("bytes that are no message throw, and never pass as something else", () => {
    expect(() => decode(Buffer.alloc(0), "")).toThrow(/no known kind/);
    expect(() => decode(encodeRequest({ observability_mode: true, request_body: {} }), "")).toThrow(
      /observability/,
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          expect(decode(Buffer.from(bytes), "")).toHaveProperty("kind");
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });

  test("a chunk does not keep a buffer alive that is far longer", () => {
    const message = encodeRequest({ request_body: { body: Buffer.from("chunk") } });
    const read = Buffer.alloc(65_536);
    message.copy(read);
    const phase = decode(read.subarray(0, message.length), "");
    if (phase.kind !== "requestBody") throw new Error("kind");
    expect(Buffer.from(phase.chunk).toString()).toBe("chunk");
    expect(phase.chunk.buffer.byteLength).toBe(5);
    const long = encodeRequest({ request_body: { body: Buffer.alloc(60_000) } });
    const own = decode(long, "");
    if (own.kind !== "requestBody") throw new Error("kind");
    expect(own.chunk.buffer.byteLength).toBeLessThan(65_600);
  });

  test("every truncation of a message throws or loses only whole fields", () => {
    const bytes = encodeRequest({
      request_headers: { headers: rawHeaders([{ key: ":path", raw: "/secret" }]) },
    });
    for (let length = 0; length < bytes.length; length += 1)
      expect(() => decode(bytes.subarray(0, length), "")).toThrow();
  });
});

describe("encode writes what protobufjs reads", () => {
  const latch = {
    fields: { sallyport: { structValue: { fields: { allow: { boolValue: true } } } } },
  };

  test("a released head carries the latch; nothing else does", () => {
    const edits = { set: [["authorization", "Bearer x"]] as const, remove: ["cookie"] };
    expect(decodeResponse(encode({ kind: "requestHead", edits }))).toEqual({
      request_headers: {
        response: {
          header_mutation: {
            set_headers: [{ header: { key: "authorization", raw_value: Buffer.from("Bearer x") } }],
            remove_headers: ["cookie"],
          },
        },
      },
      dynamic_metadata: latch,
    });
    const others: Step[] = [
      { kind: "requestBody", chunk: new Uint8Array(3), end: true },
      { kind: "requestTrailers", edits },
      { kind: "responseHead", edits },
      { kind: "responseBody", chunk: new Uint8Array(3), end: false },
      { kind: "responseTrailers", edits },
      { kind: "reply", reply: { status: 403, headers: {}, body: "no" } },
    ];
    for (const step of others)
      expect(decodeResponse(encode(step))).not.toHaveProperty("dynamic_metadata");
  });

  test("a name with several lines overwrites once, then adds", () => {
    const set = [
      ["set-cookie", "a"],
      ["set-cookie", "b"],
    ] as const;
    const { response_headers } = decodeResponse(
      encode({ kind: "responseHead", edits: { set, remove: [] } }),
    );
    expect(response_headers.response.header_mutation.set_headers).toEqual([
      { header: { key: "set-cookie", raw_value: Buffer.from("a") } },
      { header: { key: "set-cookie", raw_value: Buffer.from("b") }, append: { value: true } },
    ]);
  });

  test.each(["requestBody", "responseBody"] as const)("%s, byte for byte", (kind) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.boolean(), (chunk, end) => {
        const message = decodeResponse(encode({ kind, chunk, end }));
        const field = kind === "requestBody" ? "request_body" : "response_body";
        const streamed = message[field].response.body_mutation.streamed_response;
        expect(Buffer.from(streamed.body ?? [])).toEqual(Buffer.from(chunk));
        expect(streamed.end_of_stream ?? false).toBe(end);
      }),
    );
  });

  test("a chunk past 64 KiB is a bug, not a message", () => {
    const chunk = new Uint8Array(65_537);
    expect(() => encode({ kind: "requestBody", chunk, end: true })).toThrow(RangeError);
  });

  test("a reply with its status, headers and body", () => {
    const reply = { status: 451, headers: { "content-type": "text/plain" }, body: "é" };
    expect(decodeResponse(encode({ kind: "reply", reply }))).toEqual({
      immediate_response: {
        status: { code: 451 },
        headers: {
          set_headers: [{ header: { key: "content-type", raw_value: Buffer.from("text/plain") } }],
        },
        body: Buffer.from("é", "utf8"),
        details: "sallyport",
      },
    });
  });
});
