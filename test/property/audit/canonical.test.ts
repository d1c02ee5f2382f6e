import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonical,
  canonicalBytes,
  type Json,
  spelledOnce,
} from "../../../src/audit/record/canonical.ts";
import { cut } from "../../../src/audit/record/cut.ts";
import { jsonLength } from "../../../src/audit/record/json-length.ts";

const json = fc.jsonValue({ stringUnit: "binary" }) as fc.Arbitrary<Json>;
const unit = fc.constantFrom("binary", "binary-ascii", "grapheme-ascii");
const text = unit.chain((one) => fc.string({ unit: one, maxLength: 700, size: "max" }));
const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger()),
    fc.array(tie("tree"), { maxLength: 4 }),
    fc.dictionary(text, tie("tree"), { maxKeys: 4 }),
  ),
}));

/** RFC 8785 in the fewest words. */
function slowly(value: Json | undefined): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(slowly).join(",")}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, one]) => `${JSON.stringify(name)}:${slowly(one)}`).join(",")}}`;
}

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

  it("is that of any text and number, whatever was spelled before it", () => {
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1, maxLength: 5 }), (values) => {
        const spelled = values.map(canonicalBytes);
        expect(spelled.map(String)).toEqual(values.map(slowly));
      }),
    );
  });

  it("is the same the second time an object that never changes is met", () => {
    fc.assert(
      fc.property(fc.dictionary(text, tree, { maxKeys: 4 }), tree, (lasting, beside) => {
        const plain = canonical({ beside, lasting });
        const once = spelledOnce(lasting);
        for (let time = 0; time < 3; time++)
          expect(canonical({ beside, lasting: once })).toBe(plain);
        expect(canonical(once)).toBe(slowly(lasting));
      }),
    );
  });

  it("is forgotten where a value within it has none", () => {
    fc.assert(
      fc.property(tree, (value) => {
        expect(() => canonical([value, "\ud800"])).toThrow(TypeError);
        expect(canonical(value)).toBe(slowly(value));
      }),
    );
  });
});

describe("the length of a value's JSON", () => {
  it("is told without making it", () => {
    fc.assert(
      fc.property(tree, (value) => {
        expect(jsonLength(value)).toBe(JSON.stringify(value).length);
        expect(jsonLength({ a: undefined, value })).toBe(JSON.stringify({ value }).length);
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
