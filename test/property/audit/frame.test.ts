import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32c } from "../../../src/audit/wal/crc32c.ts";
import { decodeFrame, encodeFrame } from "../../../src/audit/wal/frame.ts";

describe("crc32c", () => {
  it("is the polynomial's remainder, bit by bit, and the same however it is cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat({ max: 64 }), (bytes, cut) => {
        let slow = 0xffffffff;
        for (const byte of bytes) {
          slow ^= byte;
          for (let bit = 0; bit < 8; bit++)
            slow = slow & 1 ? (slow >>> 1) ^ 0x82f63b78 : slow >>> 1;
        }
        expect(crc32c(bytes)).toBe(~slow >>> 0);
        expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
        const at = Math.min(cut, bytes.length);
        expect(crc32c(bytes, 0, at)).toBe(crc32c(bytes.subarray(at)));
        expect(crc32c(bytes, 0, 0, at)).toBe(crc32c(bytes.subarray(0, at)));
      }),
    );
  });
});

describe("frames one after the other", () => {
  it("are read back up to where they are cut, and no further", () => {
    const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 80 }), { maxLength: 8 });
    fc.assert(
      fc.property(payloads, fc.nat({ max: 800 }), (parts, cut) => {
        const frames = parts.map(encodeFrame);
        const bytes = Buffer.concat(frames).subarray(0, cut);
        let at = 0;
        for (const [index, frame] of frames.entries()) {
          const read = decodeFrame(bytes, at);
          const whole = at + frame.length <= bytes.length;
          expect(read.kind).toBe(whole ? "frame" : "short");
          if (read.kind !== "frame") return;
          expect(read.payload).toEqual(Buffer.from(parts[index]!));
          at += read.size;
        }
        expect(decodeFrame(bytes, at).kind).toBe("short");
      }),
    );
  });
});
