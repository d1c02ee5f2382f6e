import fc from "fast-check";
import { expect, it } from "vitest";
import { afterText, buildAhoCorasick } from "../../../src/detection/aho-corasick.ts";
import { SkipSearch } from "../../../src/detection/skip-search.ts";

const letters = fc.uint8Array({ min: 97, max: 99, minLength: 2, maxLength: 12 });
const literals = fc.array(letters, { minLength: 1, maxLength: 6 });
const text = fc.uint8Array({ min: 97, max: 100, maxLength: 400 });

it("a literal is in a text for both searches exactly when it is", () => {
  fc.assert(
    fc.property(literals, text, (searched, given) => {
      const automaton = buildAhoCorasick(searched, { foldCase: false });
      const isIn = searched.some((literal) => Buffer.from(given).includes(Buffer.from(literal)));
      expect(new SkipSearch(searched, automaton).isIn(given)).toBe(isIn);
      expect(afterText(automaton, automaton.start, given) < 0).toBe(isIn);
    }),
    { numRuns: 2000 },
  );
});

it("a literal is found wherever it stands, and a text of near misses costs no more than it is long", () => {
  const secret = Buffer.from(`${"a".repeat(40)}b`);
  const automaton = buildAhoCorasick([secret], { foldCase: false });
  const search = new SkipSearch([secret], automaton);
  for (let before = 0; before < 100; before++) {
    const given = Buffer.concat([Buffer.alloc(before, "x"), secret, Buffer.alloc(before, "y")]);
    expect(search.isIn(given)).toBe(true);
    expect(search.isIn(given.subarray(0, before + 40))).toBe(false);
  }
  expect(search.isIn(Buffer.alloc(1 << 20, "a"))).toBe(false);
  expect(search.isIn(Buffer.concat([Buffer.alloc(1 << 20, "a"), Buffer.from("b")]))).toBe(true);
});
