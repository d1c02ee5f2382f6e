import { describe, expect, it } from "vitest";
import { canonical, type Json } from "../../../src/audit/record/canonical.ts";

describe("canonical JSON", () => {
  it("spells the example of RFC 8785 section 3.2.2 as the RFC does", () => {
    const input = {
      numbers: [Number("333333333.33333329"), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"/",
      literals: [null, true, false],
    };
    expect(canonical(input)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it("sorts members by UTF-16 code units, as section 3.2.3 does", () => {
    const input = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    };
    const values = Object.values(JSON.parse(canonical(input), (_, value) => value));
    const text = canonical(input);
    const order = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"];
    expect(order.map((word) => text.indexOf(word))).toEqual(
      order.map((word) => text.indexOf(word)).toSorted((a, b) => a - b),
    );
    expect(values).toHaveLength(7);
  });

  it.each<[string, number, string]>([
    ["minus zero", -0, "0"],
    ["the smallest", 5e-324, "5e-324"],
    ["the largest", 1.7976931348623157e308, "1.7976931348623157e+308"],
    ["2^53", 9007199254740992, "9007199254740992"],
    ["a rounding", 295147905179352830000, "295147905179352830000"],
  ])("writes %s as appendix B does", (_, value, text) => {
    expect(canonical(value)).toBe(text);
  });

  it.each<[string, unknown]>([
    ["NaN", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["a lone surrogate", "\ud800"],
    ["a lone surrogate in a name", { "\udead": 1 }],
    ["undefined in a list", [undefined]],
    ["a bigint", 1n],
  ])("has no form for %s", (_, value) => {
    expect(() => canonical(value as Json)).toThrow(TypeError);
  });

  it("leaves out members that are undefined", () => {
    expect(canonical({ b: undefined, a: 1 })).toBe('{"a":1}');
  });
});
