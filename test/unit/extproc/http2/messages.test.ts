import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MessageError, MessageReader } from "../../../../src/extproc/http2/messages.ts";
import { cut } from "../../../support/cut.ts";
import { framed } from "../../../support/grpc-messages.ts";

/** What a reader makes of these pieces. Each is overwritten when it was read, as a socket might. */
function read(pieces: readonly Uint8Array[]) {
  const messages: Buffer[] = [];
  const reader = new MessageReader();
  for (const piece of pieces) {
    const lent = Buffer.from(piece);
    for (let at = 0; at < lent.length; ) {
      at = reader.read(lent, at, lent.length);
      if (reader.message !== undefined) messages.push(Buffer.from(reader.message));
    }
    lent.fill(0xee);
  }
  return { messages, unfinished: reader.unfinished };
}

describe("messages of gRPC", () => {
  it("are read as they were framed, wherever the stream is cut", () => {
    const some = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 });
    fc.assert(
      fc.property(some, fc.array(fc.nat(), { maxLength: 40 }), (sent, places) => {
        const got = read(cut(framed(sent), places));
        const expected = sent.map((message) => Buffer.from(message));
        expect(got).toEqual({ messages: expected, unfinished: false });
      }),
    );
  });

  it("are read byte by byte, and when they are long", () => {
    const sent = [Buffer.alloc(0), Buffer.from("one"), Buffer.alloc(0), Buffer.from("another")];
    expect(read([...framed(sent)].map((byte) => Uint8Array.of(byte))).messages).toEqual(sent);
    const long = Buffer.alloc(5_000_000, "long");
    const bytes = framed([long, long]);
    const places = Array.from({ length: 600 }, (_, index) => index * 16_384);
    expect(read(cut(bytes, places)).messages.map((message) => message.equals(long))).toEqual([
      true,
      true,
    ]);
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
    expect(() => read([Uint8Array.of(1)])).toThrow("compressed");
    expect(() => read([Uint8Array.of(0, 0xff, 0xff, 0xff, 0xff)])).toThrow("4294967295 bytes");
    expect(() => read([Uint8Array.of(0, 1, 0), Uint8Array.of(0, 1)])).toThrow("16777217 bytes");
  });

  it("of any bytes at all give messages or one MessageError", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (pieces) => {
        try {
          read(pieces);
        } catch (error) {
          expect(error).toBeInstanceOf(MessageError);
        }
      }),
    );
  });
});
