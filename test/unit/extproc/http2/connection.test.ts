import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { ProcessorStream } from "../../../../src/extproc/transport.ts";
import { framed, unframed } from "../../../support/grpc-messages.ts";
import {
  block,
  codeOf,
  codes,
  type Frame,
  flags,
  frame,
  hello,
  numbers,
  open,
  setting,
  types,
} from "../../../support/http2-wire.ts";
import { recordedConnection } from "../../../support/recorded-connection.ts";

const bytes = (...all: readonly Buffer[]): Buffer => Buffer.concat(all);
const message = framed([Buffer.from("x")]);
const window = (stream: number, by: number): Buffer => frame("windowUpdate", stream, numbers(by));

/** The DATA of a stream, as it came. */
const dataOf = (frames: readonly Frame[], stream: number): Buffer =>
  bytes(
    ...frames
      .filter((one) => one.type === types.data && one.stream === stream)
      .map(({ payload }) => payload),
  );

/** One stream that was opened, and a message in it, so that the other side is known. */
function opened(act?: (stream: ProcessorStream, bytes: Buffer) => void, greeting: Buffer = hello) {
  const recorded = recordedConnection(act);
  recorded.connection.read(bytes(greeting, open(1)));
  const [stream] = recorded.streams;
  if (stream === undefined) throw new Error("no stream was opened");
  return { ...recorded, recorded, stream };
}

describe("what is sent", () => {
  it("goes as far as the stream's window, and on when that grows, also from below nothing", () => {
    const small = bytes(hello, frame("settings", 0, setting(4, 10)));
    const { connection, stream, written } = opened(undefined, small);
    stream.send(Buffer.alloc(20, "a"));
    connection.read(window(1, 0x7f));
    expect(dataOf(written(), 1)).toHaveLength(25);
    connection.read(frame("settings", 0, setting(4, 0)));
    stream.send(Buffer.alloc(200, "b"));
    connection.read(frame("settings", 0, setting(4, 0)));
    // 10 + 127 - 25 - 10 were left.
    expect(dataOf(written(), 1)).toHaveLength(25 + 102);
    connection.read(frame("settings", 0, setting(4, 1)));
    expect(dataOf(written(), 1)).toHaveLength(25 + 103);
    connection.read(window(1, 500));
    expect(unframed(dataOf(written(), 1)).map(({ length }) => length)).toEqual([20, 200]);
  });

  it("goes as far as the connection's window, a frame of each stream in turn", () => {
    const wide = bytes(hello, frame("settings", 0, setting(4, 1_000_000)));
    const { connection, streams, written } = opened(undefined, wide);
    connection.read(bytes(open(3), open(5)));
    for (const stream of streams) stream.send(Buffer.alloc(100_000));
    connection.read(window(1, 1));
    // 65,535 to begin with: four frames, of three streams.
    const order = () => written().filter(({ type }) => type === types.data);
    expect(order().map(({ stream }) => stream)).toEqual([1, 3, 5, 1]);
    connection.read(window(0, 32_768));
    expect(
      order()
        .map(({ stream }) => stream)
        .slice(4, 6),
    ).toEqual([3, 5]);
    connection.read(window(0, 1_000_000));
    for (const stream of [1, 3, 5])
      expect(unframed(dataOf(written(), stream)).map(({ length }) => length)).toEqual([100_000]);
  });

  it("does not pile up where nobody reads, and goes on when somebody does", () => {
    const wide = bytes(hello, frame("settings", 0, setting(4, 0x7fff_ffff)), window(0, 2 ** 30));
    const { recorded, connection, stream, written, told } = opened(undefined, wide);
    recorded.waiting = 1_048_576;
    const piece = Buffer.alloc(65_536);
    let sent = 1;
    while (stream.send(piece)) sent += 1;
    connection.read(window(1, 0));
    expect(sent).toBe(4);
    expect(dataOf(written(), 1)).toHaveLength(0);
    expect(told[0]).toEqual(["closed"]);
  });

  it("is told to be wanted again, once all of it has gone", async () => {
    const { recorded, connection, stream, written, told } = opened();
    let sent = 1;
    while (stream.send(Buffer.alloc(65_536))) sent += 1;
    connection.read(window(0, 1_000_000));
    expect(told[0]).toEqual([]);
    recorded.waiting = 1_048_576;
    connection.read(window(1, 1_000_000));
    expect(told[0]).toEqual([]);
    recorded.waiting = 0;
    connection.drained();
    await pause(0);
    expect(told[0]).toEqual(["drained"]);
    expect(unframed(dataOf(written(), 1))).toHaveLength(sent);
  });

  it("is told so also when more was sent meanwhile that would have been few by itself", () => {
    const { connection, stream, told } = opened();
    while (stream.send(Buffer.alloc(65_536)));
    connection.read(bytes(window(0, 100_000), window(1, 100_000)));
    expect(stream.send(Buffer.of(1))).toBe(false);
    connection.read(bytes(window(0, 1_000_000), window(1, 1_000_000)));
    expect(told[0]).toEqual(["drained"]);
    expect(stream.send(Buffer.of(1))).toBe(true);
  });

  it("of one turn leaves in one frame, and in one write", async () => {
    const { stream, written } = opened();
    const before = written().length;
    for (let time = 0; time < 10; time += 1) stream.send(Buffer.of(time));
    expect(written()).toHaveLength(before);
    await pause(0);
    const [head, data, ...more] = written().slice(before);
    expect(head).toMatchObject({ type: types.headers, stream: 1 });
    expect(unframed(data?.payload ?? Buffer.alloc(0))).toHaveLength(10);
    expect(more).toEqual([]);
  });

  it("begins with an empty table of lines where the other side wants a smaller one", () => {
    const { connection, written } = opened(
      undefined,
      bytes(hello, frame("settings", 0, setting(1, 0))),
    );
    connection.read(frame("data", 1, message));
    connection.read(bytes(open(3), frame("data", 3, message)));
    const heads = written().filter(({ type }) => type === types.headers);
    expect(heads.map(({ payload }) => payload[0])).toEqual([0x20, 0x88]);
  });

  it("waits before it ends the call, and the call ends although nobody opens the window again", () => {
    const { connection, stream, written, told } = opened(
      undefined,
      bytes(hello, frame("settings", 0, setting(4, 0))),
    );
    stream.send(Buffer.from("first"));
    stream.fail("late");
    connection.read(window(1, 3));
    expect(written().filter(({ type }) => type === types.reset)).toEqual([]);
    connection.read(window(1, 7));
    expect(unframed(dataOf(written(), 1)).map(String)).toEqual(["first"]);
    const [trailers, reset] = written().slice(-2);
    expect(trailers).toMatchObject({ type: types.headers, flags: 5 });
    expect(reset).toMatchObject({ type: types.reset, payload: numbers(codes.none) });
    expect(told[0]).toEqual(["closed"]);
  });
});

describe("what comes", () => {
  it("is held while nobody wants it, in its own window and in nobody else's", async () => {
    const { connection, stream, written, told } = opened((one) => one.pause());
    connection.read(frame("data", 1, message));
    // The window is 65,535 bytes.
    const more = framed([Buffer.alloc(65_535 - 11)]);
    for (let at = 0; at < more.length; at += 16_384)
      connection.read(frame("data", 1, more.subarray(at, at + 16_384)));
    connection.read(bytes(open(3), frame("data", 3, message)));
    expect(told.map((own) => own.length)).toEqual([1, 1]);
    const updates = () => written().filter((one) => one.type === types.windowUpdate);
    expect(updates().filter((one) => one.stream === 1)).toEqual([]);
    stream.resume();
    await pause(0);
    expect(told[0]).toHaveLength(2);
    expect(updates().filter((one) => one.stream === 1)).toHaveLength(1);
    expect(codeOf(written(), "goaway")).toBeUndefined();
  });

  it("beyond a stream's window ends the stream, beyond the connection's window the connection", () => {
    const paused = opened((one) => one.pause());
    paused.connection.read(frame("data", 1, message));
    for (let time = 0; time < 17; time += 1)
      paused.connection.read(frame("data", 1, Buffer.alloc(16_384)));
    expect(codeOf(paused.written(), "reset")).toBe(codes.flowControl);
    expect(codeOf(paused.written(), "goaway")).toBeUndefined();
    expect(paused.told[0]?.at(-1)).toBe("closed");
  });

  it("is told in order when it is wanted again, and its end after it", async () => {
    const { connection, stream, told } = opened((one) => one.pause());
    const all = framed(["a", "b", "c"].map((text) => Buffer.from(text)));
    connection.read(frame("data", 1, all, flags.endStream));
    expect(told[0]).toEqual(["message 61"]);
    stream.resume();
    await pause(0);
    expect(told[0]).toEqual(["message 61", "message 62"]);
    stream.resume();
    stream.resume();
    await pause(0);
    stream.resume();
    await pause(0);
    expect(told[0]).toEqual(["message 61", "message 62", "message 63", "halfClosed", "closed"]);
  });

  it("is copied where it is held, so that it does not keep alive what the socket read", async () => {
    const got: Buffer[] = [];
    const { connection, stream } = opened((one, bytes) => {
      got.push(bytes);
      one.pause();
    });
    const piece = Buffer.alloc(65_536);
    frame("data", 1, framed([Buffer.alloc(10), Buffer.alloc(10)])).copy(piece);
    connection.read(piece.subarray(0, 39));
    stream.resume();
    await pause(0);
    expect(got.map(({ buffer }) => buffer === piece.buffer)).toEqual([true, false]);
  });

  it("in a list of lines longer than allowed is answered with 431, and the table stays right", () => {
    const { connection, written } = opened();
    const long = Object.fromEntries(
      Array.from({ length: 1300 }, (_, index) => [`x-${index}`, "y".repeat(20)]),
    );
    const lines = block({ ":method": "POST", ":path": "/", ":scheme": "http", ...long });
    const kept = Buffer.from("4001610162", "hex");
    connection.read(frame("headers", 3, lines.subarray(0, 16_000)));
    connection.read(frame("continuation", 3, lines.subarray(16_000, 32_000)));
    connection.read(
      frame("continuation", 3, bytes(lines.subarray(32_000), kept), flags.endHeaders),
    );
    const answer = written().find((one) => one.type === types.headers && one.stream === 3);
    expect(answer?.payload.includes("431")).toBe(true);
    connection.read(frame("headers", 1, Buffer.from("be", "hex"), 5));
    expect(codeOf(written(), "goaway")).toBeUndefined();
  });

  it("after the caller's time is answered that it is over", async () => {
    const recorded = recordedConnection();
    recorded.connection.read(bytes(hello, open(1, { "grpc-timeout": "5m" })));
    while (recorded.told[0]?.length === 0) await pause(1);
    expect(recorded.told[0]).toEqual(["closed"]);
    const last = recorded.written().findLast((one) => one.type === types.headers);
    expect(last?.payload.includes("grpc-status\x014")).toBe(true);
  });
});

describe("leaving", () => {
  const goaways = (frames: readonly Frame[]) =>
    frames
      .filter(({ type }) => type === types.goaway)
      .map(({ payload }) => [payload.readUInt32BE(0), payload.readUInt32BE(4)]);

  it("is said at first without a last stream, and with it once that is known to the other side", async () => {
    const { recorded, connection, written, told } = opened();
    connection.leave();
    connection.leave();
    await pause(0);
    expect(goaways(written())).toEqual([[0x7fff_ffff, 0]]);
    connection.read(bytes(open(3), frame("data", 3, message)));
    expect(told[1]).toEqual(["message 78"]);
    const asked = written().findLast(({ type }) => type === types.ping);
    connection.read(frame("ping", 0, asked?.payload, flags.ack));
    expect(goaways(written()).at(-1)).toEqual([3, 0]);
    connection.read(open(5));
    expect(codeOf(written(), "reset")).toBe(codes.refused);
    connection.read(frame("data", 1, message, flags.endStream));
    expect(recorded.ended).toBe(false);
    connection.read(frame("data", 3, undefined, flags.endStream));
    expect(recorded.ended).toBe(true);
  });

  it("of the wire itself ends every stream, once", async () => {
    const { connection, stream, told } = opened();
    connection.read(open(3));
    connection.lost();
    await pause(0);
    expect(told).toEqual([["closed"], ["closed"]]);
    expect(stream.send(Buffer.of(1))).toBe(false);
    stream.fail("again");
    await pause(0);
    expect(told).toEqual([["closed"], ["closed"]]);
  });
});

describe("a fault", () => {
  it("of ours ends the connection and all its streams, and is told; one of the other side is not", () => {
    const bug = new Error("a bug");
    const { recorded, connection, written, told, faults } = opened((_, { length }) => {
      if (length > 1) throw bug;
    });
    connection.read(bytes(open(3), frame("data", 3, framed([Buffer.from("xx")]))));
    expect(faults).toEqual([bug]);
    expect(codeOf(written(), "goaway")).toBe(codes.internal);
    expect(told.map((own) => own.at(-1))).toEqual(["closed", "closed"]);
    expect(recorded.ended).toBe(true);
    const other = opened();
    other.connection.read(frame("ping", 1, Buffer.alloc(8)));
    expect(codeOf(other.written(), "goaway")).toBe(codes.protocol);
    expect(other.faults).toEqual([]);
  });
});
