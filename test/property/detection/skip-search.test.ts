import fc from "fast-check";
import { expect, it } from "vitest";
import { afterText, buildAhoCorasick } from "../../../src/detection/aho-corasick.ts";
import { QuickLook } from "../../../src/detection/quick-look.ts";
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

it("a quick look at a text says what the automaton says of it, from whatever stands before", () => {
  const before = fc.uint8Array({ min: 97, max: 99, maxLength: 12 });
  const long = fc.uint8Array({ min: 97, max: 108, maxLength: 400 });
  fc.assert(
    fc.property(literals, before, long, (searched, context, given) => {
      const automaton = buildAhoCorasick(searched, { foldCase: false });
      const state = afterText(automaton, automaton.start, context);
      fc.pre(state >= 0);
      const isQuiet = afterText(automaton, state, given) >= 0;
      expect(new QuickLook(automaton).isQuiet(state, given)).toBe(isQuiet);
    }),
    { numRuns: 2000 },
  );
});

it("a quick look sees a literal wherever it stands in a long text", () => {
  const literal = Buffer.from("needle");
  const automaton = buildAhoCorasick([literal, Buffer.from("nails")], { foldCase: true });
  const look = new QuickLook(automaton);
  for (let length = 6; length < 300; length++) {
    const given = Buffer.alloc(length, "n");
    expect(look.isQuiet(automaton.start, given)).toBe(true);
    for (let at = 0; at + literal.length <= length; at++) {
      given.fill("n");
      given.set(literal, at);
      expect(look.isQuiet(automaton.start, given)).toBe(false);
    }
  }
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
