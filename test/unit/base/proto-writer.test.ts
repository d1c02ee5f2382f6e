import protobuf from "protobufjs";
import { expect, it } from "vitest";
import { ProtoWriter } from "../../../src/base/proto-writer.ts";

const units = ["a", "é", "\u20ac", "\u{1f4a5}"];
const lengths = [
  0, 1, 31, 32, 42, 43, 63, 64, 126, 127, 128, 5461, 5462, 8191, 8192, 16_383, 16_384,
];

it("writes texts whose bytes are more than their units, wherever the length takes another byte", () => {
  const texts = units.flatMap((unit) => lengths.map((length) => unit.repeat(length)));
  const mixed = [...texts, ...lengths.map((length) => `${"a".repeat(length)}\u20ac`)];
  const writer = new ProtoWriter();
  for (const text of mixed) writer.string(1, text);
  const reader = protobuf.Reader.create(writer.finish());
  const read: string[] = [];
  while (reader.pos < reader.len) {
    expect(reader.uint32()).toBe(10);
    read.push(reader.string());
  }
  expect(read).toEqual(mixed);
});

it("writes units as bytes where each is one", () => {
  const text = "caf\u00e9 \u00ff".repeat(40);
  const writer = new ProtoWriter();
  writer.latin1(3, text);
  const reader = protobuf.Reader.create(writer.finish());
  expect(reader.uint32()).toBe(26);
  expect(Buffer.from(reader.bytes()).toString("latin1")).toBe(text);
});
