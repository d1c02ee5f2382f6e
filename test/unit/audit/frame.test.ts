import { describe, expect, it } from "vitest";
import { crc32c } from "../../../src/audit/wal/crc32c.ts";
import { decodeFrame, encodeFrame, maxPayload } from "../../../src/audit/wal/frame.ts";

describe("crc32c", () => {
  it.each<[string, Buffer, number]>([
    ["32 zeros", Buffer.alloc(32), 0x8a9136aa],
    ["32 ones", Buffer.alloc(32, 0xff), 0x62a8ab43],
    ["an ascending row", Buffer.from(Array.from({ length: 32 }, (_, at) => at)), 0x46dd794e],
    ["a descending row", Buffer.from(Array.from({ length: 32 }, (_, at) => 31 - at)), 0x113fdb5c],
    ["123456789", Buffer.from("123456789"), 0xe3069283],
  ])("of %s is what RFC 3720 says", (_, bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc);
  });

  it("goes on from where it was", () => {
    expect(crc32c(Buffer.from("56789"), crc32c(Buffer.from("1234")))).toBe(0xe3069283);
  });
});

describe("a frame", () => {
  it("gives its payload back, whatever stands before and after", () => {
    const frame = encodeFrame(Buffer.from("payload"));
    const bytes = Buffer.concat([Buffer.from("xx"), frame, Buffer.from("yy")]);
    expect(decodeFrame(bytes, 2)).toEqual({
      kind: "frame",
      payload: Buffer.from("payload"),
      size: frame.length,
    });
  });

  it("is short until its last byte is there, and damaged by any other byte", () => {
    const frame = encodeFrame(Buffer.from("payload"));
    for (let end = 0; end < frame.length; end++)
      expect(decodeFrame(frame.subarray(0, end), 0).kind).toBe("short");
    for (let at = 0; at < frame.length; at++) {
      const changed = Buffer.from(frame);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      expect(decodeFrame(changed, 0).kind, `byte ${at}`).not.toBe("frame");
    }
  });

  it("is never empty, never beyond the limit, never a run of zeros", () => {
    expect(() => encodeFrame(Buffer.alloc(0))).toThrow(RangeError);
    expect(() => encodeFrame(Buffer.alloc(maxPayload + 1))).toThrow(RangeError);
    expect(decodeFrame(Buffer.alloc(64), 0).kind).toBe("damaged");
  });
});
