import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepts, buildDfa, type Dfa, rowMask } from "../../../src/detection/regex/dfa.ts";
import { minimize } from "../../../src/detection/regex/minimize.ts";
import { buildNfa, type Nfa } from "../../../src/detection/regex/nfa.ts";
import { parseRegex } from "../../../src/detection/regex/parse.ts";
import { RegexError } from "../../../src/detection/regex/syntax.ts";

/** Expressions over a, b and c that JavaScript and RE2 understand alike. */
const { expression } = fc.letrec<{ expression: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    { maxDepth: 2, depthSize: "small" },
    fc.constantFrom("a", "b", "c", "[ab]", "[^a]", ".", "\\b", "\\n"),
    // Not empty: of a repetition of nothing the two think differently.
    tie("expression").map((inner) => `(?:b(?:${inner}))`),
  ),
  expression: fc
    .array(
      fc.array(
        fc
          .tuple(tie("atom"), fc.constantFrom("", "", "?", "+", "*", "{1,2}", "+?", "*?", "{1,3}?"))
          .map(([atom, times]) => (atom === "\\b" ? atom : atom + times)),
        { minLength: 1, maxLength: 3 },
      ),
      { minLength: 1, maxLength: 2 },
    )
    .map((options) => options.map((items) => items.join("")).join("|")),
}));
const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "\n"), maxLength: 12 });

/** Nothing for an expression that is too large, which is seldom. */
function automatonOf(nfa: Nfa): Dfa {
  try {
    return buildDfa(nfa, 1000);
  } catch (error) {
    fc.pre(!(error instanceof RegexError));
    throw error;
  }
}

/** How much of the text is a match, by the last place where the automaton accepts; -1 for none. */
function matchLength(dfa: Dfa, input: string): number {
  let row: number = dfa.starts[0];
  let length = -1;
  for (const [at, byte] of [...Buffer.from(input)].entries()) {
    const entry = dfa.table[row + (dfa.classes[byte] ?? 0)] ?? 0;
    if (entry & accepts) length = at;
    row = entry & rowMask;
    if (row === 0) return length;
  }
  return (dfa.table[row + dfa.end] ?? 0) & accepts ? input.length : length;
}

describe("an automaton", () => {
  it("matches what JavaScript matches where a repetition is lazy, and no less elsewhere", () => {
    fc.assert(
      fc.property(expression, text, (source, input) => {
        const nfa = buildNfa(parseRegex(source));
        const expected = new RegExp(source, "y").exec(input)?.[0].length ?? -1;
        const length = matchLength(automatonOf(nfa), input);
        if (nfa.lazy) expect(length).toBe(expected);
        else expect(length).toBeGreaterThanOrEqual(expected);
      }),
      { numRuns: 400 },
    );
  });

  it("says the same when it is minimised, with no more states", () => {
    fc.assert(
      fc.property(expression, text, (source, input) => {
        const dfa = automatonOf(buildNfa(parseRegex(source)));
        const least = minimize(dfa);
        expect(least.states).toBeLessThanOrEqual(dfa.states);
        expect(matchLength(least, input)).toBe(matchLength(dfa, input));
      }),
      { numRuns: 200 },
    );
  });
});
