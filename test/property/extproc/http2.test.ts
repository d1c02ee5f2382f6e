import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cut } from "../../support/cut.ts";
import { framed } from "../../support/grpc-messages.ts";
import {
  block,
  call,
  codeOf,
  codes,
  flags,
  frame,
  hello,
  numbers,
  setting,
  types,
} from "../../support/http2-wire.ts";
import { recordedConnection } from "../../support/recorded-connection.ts";

const bytes = (...all: readonly Uint8Array[]): Buffer => Buffer.concat(all);
/** Streams that are used, opened in any order: some are never, some twice. */
const stream = fc.nat({ max: 6 }).map((number) => 2 * number + 1);
const some = fc.uint8Array({ maxLength: 400 });
/** Lines that are kept in the table, named there, or neither. */
const line = fc.oneof(
  fc
    .constantFrom("400178026162", "be", "82", "0f1003617070", "20")
    .map((hex) => Buffer.from(hex, "hex")),
  fc
    .tuple(fc.stringMatching(/^[a-z:A-Z]{1,8}$/), fc.string({ maxLength: 20 }))
    .map(([name, value]) => block({ [name]: value })),
);
const head = fc
  .tuple(fc.boolean(), fc.array(line, { maxLength: 4 }))
  .map(([good, lines]) => bytes(good ? block(call) : Buffer.alloc(0), ...lines));

const part = fc.oneof(
  { weight: 4, arbitrary: stream.map((id) => frame("headers", id, block(call), flags.endHeaders)) },
  {
    weight: 8,
    arbitrary: fc
      .tuple(stream, fc.array(some, { maxLength: 4 }), fc.boolean())
      .map(([id, messages, last]) =>
        frame("data", id, framed(messages), last ? flags.endStream : 0),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(stream, head, fc.nat({ max: 40 }))
      .map(([id, all, at]) =>
        bytes(
          frame("headers", id, all.subarray(0, at)),
          frame("continuation", id, all.subarray(at), flags.endHeaders),
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(stream, some, fc.nat({ max: 255 }))
      .map(([id, payload, padding]) =>
        frame("data", id, bytes(Buffer.of(padding), payload), flags.padded),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(stream, fc.constantFrom(0, 8, 8, 8))
      .map(([id, code]) => frame("reset", id, numbers(code))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.oneof(fc.constant(0), stream), fc.nat({ max: 100_000 }))
      .map(([id, by]) => frame("windowUpdate", id, numbers(by + 1))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(1, 3, 4, 4, 5, 77), fc.nat({ max: 70_000 }))
      .map(([id, value]) => frame("settings", 0, setting(id, value))),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      frame("ping", 0, Buffer.alloc(8)),
      frame(99, 7, Buffer.alloc(20)),
      frame("priority", 1, numbers(0, 0).subarray(3)),
    ),
  },
);
const conversation = fc.array(part, { maxLength: 40 }).map((parts) => bytes(hello, ...parts));

/** What comes of these pieces: what every stream was told and sent, and how the connection ended. */
function outcomeOf(pieces: readonly Uint8Array[]) {
  const { connection, told, written } = recordedConnection();
  for (const piece of pieces) {
    const lent = Buffer.from(piece);
    connection.read(lent);
    // What was read is no longer there.
    lent.fill(0xa5);
  }
  const frames = written();
  const sent = new Map<number, Buffer>();
  for (const { type, stream: id, payload } of frames)
    if (type === types.data) sent.set(id, bytes(sent.get(id) ?? Buffer.alloc(0), payload));
  return { told, sent, goaway: codeOf(frames, "goaway"), frames };
}

describe("a connection of HTTP/2", () => {
  it("tells the same however its bytes are cut", () => {
    let quiet = 0;
    fc.assert(
      fc.property(conversation, fc.array(fc.nat(), { maxLength: 60 }), (all, places) => {
        const whole = outcomeOf([all]);
        const pieces = outcomeOf(cut(all, places));
        expect(pieces.told).toEqual(whole.told);
        expect(pieces.goaway).toBe(whole.goaway);
        if (whole.goaway === undefined) quiet += 1;
      }),
      { numRuns: 400 },
    );
    // Of conversations that break off at once nothing would be learnt.
    expect(quiet).toBeGreaterThan(20);
  });

  it("tells the same byte by byte", () => {
    fc.assert(
      fc.property(conversation, (all) => {
        const single = outcomeOf([...all].map((byte) => Uint8Array.of(byte)));
        expect(single.told).toEqual(outcomeOf([all]).told);
      }),
      { numRuns: 40 },
    );
  });

  it("of any bytes at all ends in a way that HTTP/2 knows, and tells each stream once that it is over", () => {
    const noise = fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 6 }));
    const spoilt = fc
      .tuple(conversation, fc.array(noise, { maxLength: 6 }))
      .map(([all, noises]) => {
        const copy = Buffer.from(all);
        for (const [at, put] of noises)
          copy.set(put.subarray(0, copy.length - (at % copy.length)), at % copy.length);
        return copy;
      });
    const garbage = fc.uint8Array({ maxLength: 500 }).map((rest) => bytes(hello, rest));
    fc.assert(
      fc.property(
        fc.oneof(spoilt, garbage),
        fc.array(fc.nat(), { maxLength: 10 }),
        (all, places) => {
          const { goaway, told, frames } = outcomeOf(cut(all, places));
          expect(goaway).not.toBe(codes.internal);
          for (const own of told)
            expect(own.filter((word) => word === "closed").length).toBeLessThanOrEqual(1);
          if (goaway !== undefined) for (const own of told) expect(own.at(-1)).toBe("closed");
          expect(frames.filter(({ type }) => type === types.goaway).length).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 1500 },
    );
  });
});
