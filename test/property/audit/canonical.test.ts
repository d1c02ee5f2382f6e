import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonical, type Json } from "../../../src/audit/record/canonical.ts";
import { cut } from "../../../src/audit/record/cut.ts";

const json = fc.jsonValue({ stringUnit: "binary" }) as fc.Arbitrary<Json>;

describe("canonical JSON", () => {
  it("means what it was made from, and is its own canonical form", () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonical(value);
        // JSON has no minus zero.
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonical(JSON.parse(text))).toBe(text);
      }),
    );
  });
});

describe("cut", () => {
  it("keeps a beginning that fits, whole code points only, and as much of it as it can", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat({ max: 40 }), (text, bytes) => {
        const kept = cut(text, bytes);
        expect(text.startsWith(kept)).toBe(true);
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(bytes);
        const [next] = text.slice(kept.length);
        if (next !== undefined) expect(Buffer.byteLength(kept + next)).toBeGreaterThan(bytes);
      }),
    );
  });
});
