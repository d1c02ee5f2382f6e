import { expect, it } from "vitest";
import { entropy } from "../../../src/detection/entropy.ts";

it.each([
  ["", 0],
  ["aaaa", 0],
  ["abab", 1],
  ["abcd", 2],
  ["aabb", 1],
  ["0123456789abcdef", 4],
])("measures %j as %d bits per byte, every time", (text, bits) => {
  for (let n = 0; n < 3; n++) expect(entropy(Buffer.from(text))).toBeCloseTo(bits, 10);
});
