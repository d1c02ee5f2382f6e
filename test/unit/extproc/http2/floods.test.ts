import { describe, expect, it } from "vitest";
import { framed } from "../../../support/grpc-messages.ts";
import {
  block,
  call,
  codeOf,
  codes,
  flags,
  frame,
  hello,
  numbers,
  open,
  setting,
  types,
} from "../../../support/http2-wire.ts";
import { recordedConnection } from "../../../support/recorded-connection.ts";

const message = framed([Buffer.from("x")]);

/** Sends a piece again and again, and gives with what code the connection ended, if it did. */
function flood(piece: (time: number) => Buffer, times = 20_000): number | undefined {
  const { connection, written } = recordedConnection();
  connection.read(hello);
  for (let time = 0; time < times; time += 1) connection.read(piece(time));
  return codeOf(written(), "goaway");
}

const id = (time: number): number => 2 * time + 1;
const cancel = (stream: number): Buffer => frame("reset", stream, numbers(codes.cancel));
const bytes = (...all: readonly Buffer[]): Buffer => Buffer.concat(all);

describe("a connection that floods ends, and no other does", () => {
  it.each<readonly [string, (time: number) => Buffer]>([
    ["pings", () => frame("ping", 0, Buffer.alloc(8))],
    ["settings", () => frame("settings", 0, setting(4, 70_000))],
    ["acknowledgements", () => frame("settings", 0, Buffer.alloc(0), flags.ack)],
    ["priorities", () => frame("priority", 1, Buffer.alloc(5))],
    ["frames that nobody knows", () => frame(77, 0, Buffer.alloc(3))],
    ["goodbyes", () => frame("goaway", 0, numbers(0, 0))],
    ["window updates", () => frame("windowUpdate", 0, numbers(1))],
    ["streams that are reset at once", (time) => bytes(open(id(time)), cancel(id(time)))],
    [
      "streams that are reset before they are answered",
      (time) => bytes(open(id(time)), frame("data", id(time), Buffer.of(0)), cancel(id(time))),
    ],
    ["requests that are none", (time) => open(id(time), { ":path": "" })],
    ["frames for streams that are over", (time) => frame("data", time === 0 ? 0 : 1)],
  ])("%s", (name, piece) => {
    const opened = (time: number) =>
      time === 0 ? bytes(open(1), frame("data", 1, message, flags.endStream)) : piece(time);
    expect(flood(name.includes("over") ? opened : piece)).toBe(codes.enhanceYourCalm);
  });

  it("empty frames of a stream that is open", () => {
    const { connection, written } = recordedConnection();
    connection.read(bytes(hello, open(1)));
    for (let time = 0; time < 5000; time += 1) connection.read(frame("data", 1));
    expect(codeOf(written(), "goaway")).toBe(codes.enhanceYourCalm);
  });

  it("resets of streams that are over, more than were opened", () => {
    const { connection, written } = recordedConnection();
    connection.read(bytes(hello, open(1), frame("data", 1, message, flags.endStream)));
    for (let time = 0; time < 5000; time += 1) connection.read(cancel(1));
    expect(codeOf(written(), "goaway")).toBe(codes.enhanceYourCalm);
  });

  it("settings that move the windows of all its streams", () => {
    const { connection, written } = recordedConnection();
    connection.read(hello);
    for (let time = 0; time < 20_000; time += 1) connection.read(open(id(time)));
    for (let time = 0; time < 60; time += 1)
      connection.read(frame("settings", 0, setting(4, 1000 + time)));
    expect(codeOf(written(), "goaway")).toBe(codes.enhanceYourCalm);
  });

  it("a header block in more frames, or with more bytes, than any", () => {
    const first = frame("headers", 1, block(call));
    const empty = frame("continuation", 1);
    const full = frame("continuation", 1, Buffer.alloc(16_384));
    for (const [more, times] of [
      [empty, 80],
      [full, 6],
    ] as const) {
      const { connection, written } = recordedConnection();
      connection.read(bytes(hello, first));
      for (let time = 0; time < times; time += 1) connection.read(more);
      expect(codeOf(written(), "goaway")).toBe(codes.enhanceYourCalm);
    }
  });

  it("what it asks for and never reads", () => {
    const recorded = recordedConnection();
    recorded.connection.read(bytes(hello, open(1), frame("windowUpdate", 0, numbers(2 ** 30))));
    recorded.waiting = 9_000_000;
    recorded.connection.read(frame("ping", 0, Buffer.alloc(8)));
    expect(recorded.destroyed).toBe(true);
  });
});

describe("what a good peer does goes on for ever", () => {
  it("a reset behind every stream that was answered, as Envoy has it", () => {
    const { connection, written, told } = recordedConnection();
    connection.read(hello);
    for (let time = 0; time < 20_000; time += 1) {
      const stream = id(time);
      connection.read(bytes(open(stream), frame("data", stream, message)));
      connection.read(bytes(frame("data", stream, undefined, flags.endStream), cancel(stream)));
    }
    expect(codeOf(written(), "goaway")).toBeUndefined();
    expect(told.filter((own) => own.at(-1) === "closed")).toHaveLength(20_000);
  });

  it("a reset of every stream that was answered and has not ended", () => {
    const { connection, written } = recordedConnection();
    connection.read(hello);
    for (let time = 0; time < 20_000; time += 1)
      connection.read(bytes(open(id(time)), frame("data", id(time), message), cancel(id(time))));
    expect(codeOf(written(), "goaway")).toBeUndefined();
  });

  it("tens of thousands of streams that end together", () => {
    const { connection, written, told } = recordedConnection();
    connection.read(hello);
    for (let time = 0; time < 50_000; time += 1)
      connection.read(bytes(open(id(time)), frame("data", id(time), message)));
    connection.read(bytes(...Array.from({ length: 50_000 }, (_, time) => cancel(id(time)))));
    expect(codeOf(written(), "goaway")).toBeUndefined();
    expect(told.every((own) => own.at(-1) === "closed")).toBe(true);
  });

  it("two updates of windows for every message", () => {
    const { connection, written } = recordedConnection();
    connection.read(bytes(hello, open(1)));
    const update = bytes(
      frame("windowUpdate", 0, numbers(6)),
      frame("windowUpdate", 1, numbers(6)),
    );
    for (let time = 0; time < 20_000; time += 1)
      connection.read(bytes(frame("data", 1, message), update));
    expect(codeOf(written(), "goaway")).toBeUndefined();
    const sent = written().filter(({ type }) => type === types.data);
    expect(sent.reduce((sum, { payload }) => sum + payload.length, 0)).toBe(6 * 20_000);
  });
});
