import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framed, MessageReader } from "../../../src/extproc/http2/frames.ts";

/** What a reader makes of these pieces. */
function read(pieces: readonly Uint8Array[], longest = 1000) {
  const messages: Buffer[] = [];
  const reader = new MessageReader(longest, (message) => messages.push(Buffer.from(message)));
  for (const piece of pieces) reader.read(Buffer.from(piece));
  return { messages, unfinished: reader.unfinished };
}

/** The same bytes, cut at those places. */
function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const at = [...places.map((place) => place % (bytes.length + 1)), 0, bytes.length];
  const sorted = at.sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 });

describe("messages of gRPC", () => {
  it("are read as they were framed, wherever the stream is cut", () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 40 }), (sent, places) => {
        const { messages: got, unfinished } = read(cut(framed(sent), places));
        expect(got).toEqual(sent.map((message) => Buffer.from(message)));
        expect(unfinished).toBe(false);
      }),
    );
  });

  it("are read byte by byte", () => {
    const sent = [Buffer.alloc(0), Buffer.from("one"), Buffer.alloc(0), Buffer.from("another")];
    expect(read([...framed(sent)].map((byte) => Uint8Array.of(byte))).messages).toEqual(sent);
  });

  it("that are cut short are known to be", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.nat(), (message, place) => {
        const bytes = framed([message]);
        const length = 1 + (place % (bytes.length - 1));
        expect(read([bytes.subarray(0, length)])).toEqual({ messages: [], unfinished: true });
      }),
    );
  });

  it("are refused when compressed, or longer than allowed, before a byte of them is kept", () => {
    expect(() => read([Uint8Array.of(1, 0, 0, 0, 1, 7)])).toThrow("compressed");
    expect(() => read([Uint8Array.of(0, 0xff, 0xff, 0xff, 0xff)])).toThrow("4294967295 bytes");
    expect(() => read([framed([Buffer.alloc(1001)])])).toThrow("1001 bytes");
    expect(() => read([Uint8Array.of(0, 0, 0), Uint8Array.of(3, 0xe9)])).toThrow("1001 bytes");
    expect(read([framed([Buffer.alloc(1000)])]).messages).toHaveLength(1);
  });

  it("of any bytes at all give messages or one RangeError", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (pieces) => {
        try {
          read(pieces);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
